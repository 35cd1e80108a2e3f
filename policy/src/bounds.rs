//! How long, how deep and how far chained a text may be before anything reads it.
//!
//! Parsing, checking, deciding and proving all descend into an expression by recursion: what is nested a thousandfold overflows the
//! stack, and the process ends without an error. So a text is measured first, by a scanner that does not descend.

use crate::error::{Place, PolicyError};
use crate::files::File;

/// Largest file, in bytes. The largest of the built-in set has 40,000.
pub const MAX_FILE: usize = 1024 * 1024;
/// Most files of one set. The built-in set has 23.
pub const MAX_FILES: usize = 512;
/// Deepest nesting of parentheses, brackets and braces. The built-in rules have 5.
const MAX_NESTING: usize = 64;
/// Most operators in one statement, each of which can be one level of the tree it is read into: `a && b && c` has two. Evaluated on
/// a thread's ordinary stack, 900 levels are too many. The built-in rules and theorems have fewer than 100.
const MAX_OPERATORS: usize = 250;
/// Most dots in one statement. They make a deep tree only where they do not type-check, so only reading it has to bear them.
const MAX_DOTS: usize = 1_000;

/// Measures a text of any kind.
pub(crate) fn length(file: &File) -> Result<(), PolicyError> {
    match file.text().len() {
        found if found > MAX_FILE => Err(PolicyError::TooLong { file: file.name().to_owned(), found }),
        _ => Ok(()),
    }
}

/// Measures a text of rules: its length, how deep it is nested, how far its operators are chained.
pub(crate) fn rules(file: &File) -> Result<(), PolicyError> {
    length(file)?;
    let mut scan = Scan { rest: file.text().as_bytes(), line: 1 };
    let (mut open, mut operators, mut dots) = (0_usize, 0_usize, 0_usize);
    while let Some(token) = scan.next() {
        match token {
            Token::Open => open = open.saturating_add(1),
            Token::Close => open = open.saturating_sub(1),
            Token::Operator => operators = operators.saturating_add(1),
            Token::Dot => dots = dots.saturating_add(1),
            // Between statements nothing is open; in a text with an unclosed bracket the parser will say so.
            Token::End => (operators, dots) = (0, 0),
            Token::Other => {}
        }
        let too = |what, found, most| PolicyError::TooDeep {
            at: Place { file: file.name().to_owned(), line: scan.line },
            what,
            found,
            most,
        };
        if open > MAX_NESTING {
            return Err(too("nested brackets", open, MAX_NESTING));
        }
        if operators > MAX_OPERATORS {
            return Err(too("operators in one statement", operators, MAX_OPERATORS));
        }
        if dots > MAX_DOTS {
            return Err(too("dots in one statement", dots, MAX_DOTS));
        }
    }
    Ok(())
}

enum Token {
    Open,
    Close,
    Operator,
    Dot,
    End,
    Other,
}

/// Goes through a text as Cedar's lexer does. Where the two could differ, more is counted here, never less.
struct Scan<'a> {
    rest: &'a [u8],
    line: usize,
}

impl Scan<'_> {
    fn next(&mut self) -> Option<Token> {
        let byte = self.take()?;
        Some(match byte {
            b'(' | b'[' | b'{' => Token::Open,
            b')' | b']' | b'}' => Token::Close,
            b';' => Token::End,
            b'"' => self.string(),
            b'/' if self.rest.first() == Some(&b'/') => self.comment(),
            b'.' => Token::Dot,
            b'!' | b'-' | b'+' | b'*' | b'<' | b'>' | b'=' | b'&' | b'|' | b'?' => self.operator(byte),
            byte if is_word(byte) => self.word(byte),
            _ => Token::Other,
        })
    }

    fn take(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        self.line = self.line.saturating_add(usize::from(byte == b'\n'));
        Some(byte)
    }

    /// To the closing quote. A backslash before the end of a line escapes nothing: there Cedar finds no string at all.
    fn string(&mut self) -> Token {
        while let Some(byte) = self.take() {
            let escaped = byte == b'\\' && self.rest.first().is_some_and(|next| *next != b'\n');
            if escaped {
                self.take();
            }
            if byte == b'"' || (byte == b'\\' && !escaped) {
                break;
            }
        }
        Token::Other
    }

    /// To the end of the line, which for Cedar is a carriage return as well.
    fn comment(&mut self) -> Token {
        while self.rest.first().is_some_and(|next| !matches!(next, b'\n' | b'\r')) {
            self.take();
        }
        Token::Other
    }

    /// `&&`, `||`, `==`, `<=` and their like are one operator; `!!` and `--` are two.
    fn operator(&mut self, first: u8) -> Token {
        let second = self.rest.first().copied();
        if matches!(
            (first, second),
            (b'&', Some(b'&')) | (b'|', Some(b'|')) | (b'=' | b'!' | b'<' | b'>', Some(b'='))
        ) {
            self.take();
        }
        Token::Operator
    }

    /// A word; those that join or wrap expressions count as operators.
    fn word(&mut self, first: u8) -> Token {
        let mut word = vec![first];
        while let Some(&next) = self.rest.first().filter(|next| is_word(**next)) {
            // Longer than any keyword: the rest need not be kept.
            if word.len() < 8 {
                word.push(next);
            }
            self.take();
        }
        match word.as_slice() {
            b"if" | b"has" | b"in" | b"is" | b"like" | b"when" | b"unless" => Token::Operator,
            _ => Token::Other,
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(text: &str) -> Result<(), PolicyError> {
        rules(&File::new("own.cedar", text))
    }

    fn nested(depth: usize) -> String {
        format!("{}true{}", "(".repeat(depth), ")".repeat(depth))
    }

    #[test]
    fn nesting_is_counted_and_named_with_its_line() {
        measured(&nested(MAX_NESTING)).unwrap();
        let error = measured(&format!("// a comment\n{}", nested(MAX_NESTING + 1))).unwrap_err();
        assert_eq!(error.to_string(), "own.cedar:2: 65 nested brackets; at most 64 are read");
        for deep in ["[", "{", "[{("] {
            measured(&deep.repeat(65)).unwrap_err();
        }
    }

    #[test]
    fn what_stands_in_strings_and_comments_is_not_counted() {
        let brackets = "(".repeat(1_000);
        measured(&format!("// {brackets}\npermit;")).unwrap();
        measured(&format!("@detail(\"{brackets} \\\" {brackets}\")")).unwrap();
        measured(&format!("@detail(\"// \") // {brackets}")).unwrap();
    }

    #[test]
    fn what_only_looks_like_a_string_or_a_comment_is_counted() {
        let brackets = "(".repeat(65);
        // A carriage return ends a comment.
        measured(&format!("// a\r{brackets}")).unwrap_err();
        measured(&format!("\"a\\\\\"{brackets}")).unwrap_err();
        // No string of Cedar: a backslash escapes no line end.
        measured(&format!("\"a\\\n{brackets}")).unwrap_err();
        measured(&format!("1 / {brackets}")).unwrap_err();
    }

    #[test]
    fn chains_are_counted_statement_by_statement() {
        let links = ["true && ", "true || ", "!", "1 - ", "if a then b else ", "a has b ", "a."];
        for (link, most) in links.into_iter().zip([MAX_OPERATORS; 6].into_iter().chain([MAX_DOTS])) {
            let error = measured(&link.repeat(most + 1)).unwrap_err();
            assert!(error.to_string().contains("in one statement"), "{link}: {error}");
            measured(&format!("{};", link.repeat(most)).repeat(10)).unwrap();
        }
    }

    #[test]
    fn length_is_bounded() {
        let error = measured(&" ".repeat(MAX_FILE + 1)).unwrap_err();
        assert_eq!(error.to_string(), "own.cedar: 1048577 bytes; at most 1048576 are read");
    }
}
