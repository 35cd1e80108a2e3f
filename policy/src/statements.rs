//! Where the statements of a rule file begin, so that errors name a line.

/// The line, from 1, on which each statement begins (its first annotation, or `permit`/`forbid`).
pub(crate) fn lines(text: &str) -> Vec<usize> {
    let mut begins = Vec::new();
    let mut line = 1;
    let mut inside = false;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\n' => line += 1,
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            c if c.is_whitespace() => {}
            ';' => inside = false,
            c => {
                if !inside {
                    begins.push(line);
                    inside = true;
                }
                if c == '"' {
                    line += skip_string(&mut chars);
                }
            }
        }
    }
    begins
}

/// Skips to the end of a string literal; answers how many lines it spanned.
fn skip_string(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> usize {
    let mut lines = 0;
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => {
                chars.next();
            }
            '\n' => lines += 1,
            _ => {}
        }
    }
    lines
}

/// The line, from 1, of a byte offset.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_found_past_comments_and_strings() {
        let text = "// a; b\n@id(\"x;\n\\\"y\")\npermit (principal, action, resource);\n\n  // c\nforbid(principal,action,resource);";
        assert_eq!(lines(text), [2, 7]);
        assert_eq!(line_at(text, 0), 1);
        assert_eq!(line_at(text, text.len()), 7);
    }
}
