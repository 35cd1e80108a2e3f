//! Text that shows what it says: who signs it and who reviews it later read the same (SLS 16-2(3)¶1).

/// Whether a character leaves nothing to see, turns around what is read beside it, or means something by private agreement alone.
///
/// Unicode 16.0: all of `Default_Ignorable_Code_Point` (`DerivedCoreProperties.txt`), with it the zero-width and direction marks, the
/// fillers that count as letters, variation selectors and tags; line and paragraph separators; interlinear annotation marks; the
/// blanks that are not white space (U+2800 braille, U+1D159 musical, U+16FE4 Khitan); private use and noncharacters.
#[must_use]
pub const fn is_hidden(c: char) -> bool {
    let ignorable = matches!(
        c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFF8}'
            | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}'
    );
    let blank = matches!(c, '\u{2800}' | '\u{16FE4}' | '\u{1D159}');
    let format = matches!(c, '\u{2028}' | '\u{2029}' | '\u{FFF9}'..='\u{FFFB}');
    let private = matches!(c, '\u{E000}'..='\u{F8FF}' | '\u{F0000}'..='\u{10FFFF}');
    ignorable || blank || format || private || is_noncharacter(c)
}

/// Unicode 16.0, section 23.7: the last two of each plane, and U+FDD0..U+FDEF.
const fn is_noncharacter(c: char) -> bool {
    matches!(c, '\u{FDD0}'..='\u{FDEF}') || c as u32 & 0xFFFE == 0xFFFE
}

/// The first character of a text that a reader would not see, or that would end a line or a string of somebody's.
#[must_use]
pub fn first_hidden(text: &str) -> Option<char> {
    text.chars().find(|c| c.is_control() || is_hidden(*c))
}

/// How many letters and digits a reader sees.
#[must_use]
pub fn letters_and_digits(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric() && !is_hidden(*c)).count()
}

/// What of a member's text a reader would not see, in words for whoever wrote it; `None` if nothing.
#[must_use]
pub fn hidden_in(member: &str, text: &str) -> Option<String> {
    first_hidden(text)
        .map(|hidden| format!("`{member}` has the invisible character U+{:04X}", u32::from(hidden)))
}

/// Whether a text is a line of 1 to `most` characters that shows all it says, without space around it.
#[must_use]
pub fn is_line(text: &str, most: usize) -> bool {
    !text.is_empty() && text.chars().count() <= most && text.trim() == text && first_hidden(text).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names and notes of this country, in its scripts.
    #[test]
    fn what_people_write_stays() {
        for text in [
            "Әлібек Ғалымұлы Сүйіншіқызы — «куәгер», № 5/2026 (ст. 190 ч. 2)",
            "Ёлкин Й. Ъ. 20.11.2026\u{a0}г.",
            "Ǵalym Álibek; naïve café e\u{301}",
            "قازاق ەلى",
            "金 民 수 €§±…",
        ] {
            assert_eq!(first_hidden(text), None, "{text}");
        }
    }

    #[test]
    fn nothing_that_leaves_no_trace_passes() {
        for code in [
            0x00,
            0x0A,
            0x7F,
            0x85,
            0xAD,
            0x34F,
            0x61C,
            0x115F,
            0x1160,
            0x17B4,
            0x180B,
            0x180E,
            0x200B,
            0x200C,
            0x200D,
            0x200E,
            0x2028,
            0x2029,
            0x202E,
            0x2060,
            0x2065,
            0x2066,
            0x206F,
            0x2800,
            0x3164,
            0xE000,
            0xFDD0,
            0xFE0F,
            0xFEFF,
            0xFFA0,
            0xFFF0,
            0xFFF9,
            0xFFFE,
            0x16FE4,
            0x1BCA0,
            0x1D159,
            0x1D173,
            0x1FFFF,
            0xE0001,
            0xE0020,
            0xE007F,
            0xE0100,
            0xE0FFF,
            0xF0000,
            0x0010_FFFD,
        ] {
            let c = char::from_u32(code).unwrap();
            assert_eq!(first_hidden(&format!("seen{c}")), Some(c), "U+{code:04X}");
        }
    }

    /// The Hangul filler is a letter to Unicode and nothing to a reader.
    #[test]
    fn only_what_is_seen_counts() {
        assert_eq!(letters_and_digits(&"\u{3164}".repeat(40)), 0);
        assert_eq!(letters_and_digits("ab 12 \u{e0041}"), 4);
    }
}
