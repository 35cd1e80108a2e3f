//! JSON as people read it: one line a value, names on the left.

use std::fmt::Write as _;

use serde_json::Value;

/// Renders a gateway's answer: the record, its restrictions, or the refusal. The receipt is for programs and stays out.
#[must_use]
pub fn render(body: &Value) -> String {
    let mut lines = Vec::new();
    for (name, value) in body.as_object().into_iter().flatten() {
        if name != "receipt" {
            flatten(name, value, &mut lines);
        }
    }
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<width$}  {value}");
    }
    text.truncate(text.trim_end().len());
    text
}

/// Rows in columns, as wide as their widest cell.
#[must_use]
pub fn columns(rows: &[Vec<String>]) -> String {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn flatten(name: &str, value: &Value, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (member, value) in members {
                flatten(&format!("{name}.{member}"), value, lines);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (number, item) in items.iter().enumerate() {
                flatten(&format!("{name}[{number}]"), item, lines);
            }
        }
        Value::String(text) => lines.push((name.to_owned(), printable(text))),
        Value::Null => lines.push((name.to_owned(), "—".to_owned())),
        other => lines.push((name.to_owned(), other.to_string())),
    }
}

/// A registry's text must not steer the terminal it is shown on.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shows_values_by_name_and_leaves_the_receipt_out() {
        let body = json!({ "record": { "iin": "1", "names": ["a", "b"], "gone": null }, "receipt": "eyJ" });
        let text = render(&body);
        let mut lines: Vec<&str> = text.lines().collect();
        // The members' order is that in which they came.
        lines.sort_unstable();
        let wanted = ["record.gone      —", "record.iin       1", "record.names[0]  a", "record.names[1]  b"];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn lets_no_control_character_through() {
        assert!(!render(&json!({ "record": "\u{1b}[2J" })).contains('\u{1b}'));
    }
}
