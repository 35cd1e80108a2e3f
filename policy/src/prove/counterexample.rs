//! A solver's model, put in words: the facts of one request, those the claim speaks of first.

use cedar_policy_symcc::Env;
use serde_json::Value;

/// One line per fact, `name  value`. Facts that `about` mentions come first, marked `>`.
pub(super) fn in_words(example: &Env, about: &str) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(context) = example.request.context().and_then(|context| context.to_json_value().ok()) {
        flatten("context", &context, &mut facts);
    }
    let ends = [("principal", example.request.principal()), ("resource", example.request.resource())];
    for (name, uid) in ends {
        let Some(uid) = uid else { continue };
        facts.push((name.to_owned(), uid.id().unescaped().to_owned()));
        let entity = example.entities.get(uid).and_then(|entity| entity.to_json_value().ok());
        if let Some(attributes) = entity.as_ref().and_then(|entity| entity.get("attrs")) {
            flatten(name, attributes, &mut facts);
        }
    }
    facts.sort();
    let spoken_of = |path: &str| about.contains(path);
    let width = facts.iter().map(|(path, _)| path.len()).max().unwrap_or(0);
    let line = |mark: char, (path, value): &(String, String)| format!("{mark} {path:width$}  {value}");
    let first = facts.iter().filter(|(path, _)| spoken_of(path)).map(|fact| line('>', fact));
    let rest = facts.iter().filter(|(path, _)| !spoken_of(path)).map(|fact| line(' ', fact));
    first.chain(rest).collect()
}

fn flatten(path: &str, value: &Value, facts: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => match members.get("__entity").and_then(|entity| entity.get("id")) {
            Some(id) => facts.push((path.to_owned(), word(id))),
            None => {
                for (name, value) in members {
                    flatten(&format!("{path}.{name}"), value, facts);
                }
            }
        },
        Value::Array(items) => facts.push((path.to_owned(), list(items))),
        other => facts.push((path.to_owned(), word(other))),
    }
}

fn list(items: &[Value]) -> String {
    let words: Vec<String> = items
        .iter()
        .map(|item| word(item.get("__entity").and_then(|entity| entity.get("id")).unwrap_or(item)))
        .collect();
    if words.is_empty() { "none".to_owned() } else { words.join(", ") }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) if text.is_empty() => "\"\"".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}
