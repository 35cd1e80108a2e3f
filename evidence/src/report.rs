//! What a verification found, in words: what is proven, what is not, what is missing, and what is wrong.

use std::fmt;

/// How one thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It follows from the bytes and the trusted keys.
    Proven,
    /// It may be so; what would show it is not here.
    NotProven,
    /// It belongs to what is checked, and was left out or taken away.
    Missing,
    /// It is not so, or was changed.
    Wrong,
}

impl Verdict {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::NotProven => "not proven",
            Self::Missing => "missing",
            Self::Wrong => "wrong",
        }
    }
}

/// One thing and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// How it stands.
    pub verdict: Verdict,
    /// What, as a sentence for people.
    pub words: String,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    found: Vec<Found>,
}

impl Report {
    /// It follows from the bytes and the trusted keys.
    pub fn proven(&mut self, words: impl AsRef<str>) {
        self.push(Verdict::Proven, words.as_ref());
    }

    /// It may be so; what would show it is not here.
    pub fn not_proven(&mut self, words: impl AsRef<str>) {
        self.push(Verdict::NotProven, words.as_ref());
    }

    /// It belongs to what is checked, and was left out or taken away.
    pub fn missing(&mut self, words: impl AsRef<str>) {
        self.push(Verdict::Missing, words.as_ref());
    }

    /// It is not so, or was changed.
    pub fn wrong(&mut self, words: impl AsRef<str>) {
        self.push(Verdict::Wrong, words.as_ref());
    }

    fn push(&mut self, verdict: Verdict, words: &str) {
        self.found.push(Found { verdict, words: visible(words) });
    }

    /// One by one, in the order of the checks.
    #[must_use]
    pub fn found(&self) -> &[Found] {
        &self.found
    }

    /// How all of it stands: wrong if anything is, missing if nothing is wrong but a part was taken away, proven if neither.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let any = |verdict: &Verdict| self.found.iter().any(|found| found.verdict == *verdict);
        let gravest = [Verdict::Wrong, Verdict::Missing, Verdict::Proven].into_iter().find(any);
        gravest.unwrap_or(Verdict::NotProven)
    }

    /// Whether something is proven, nothing is wrong and nothing is missing.
    #[must_use]
    pub fn verified(&self) -> bool {
        self.verdict() == Verdict::Proven
    }
}

/// Four lists, what is wrong first.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for verdict in [Verdict::Wrong, Verdict::Missing, Verdict::Proven, Verdict::NotProven] {
            let mut group = self.found.iter().filter(|found| found.verdict == verdict).peekable();
            if group.peek().is_some() {
                writeln!(f, "{}:", verdict.words())?;
            }
            for found in group {
                writeln!(f, "  - {}", found.words)?;
            }
        }
        Ok(())
    }
}

/// What a bundle says goes into sentences. A line break in it could make a line of its own that looks like a finding, and a
/// direction mark could turn a sentence around.
fn visible(words: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = String::with_capacity(words.len());
    for c in words.chars() {
        if hidden(c) { shown.extend(c.escape_unicode()) } else { shown.push(c) }
    }
    shown
}

/// The reason of an error with all its sources, for a sentence.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words.push_str(": ");
        words.push_str(&error.to_string());
        source = error.source();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_cannot_write_findings_of_its_own() {
        let mut report = Report::default();
        report.not_proven("reason: x\nproven:\n  - all is well\u{202e}");
        assert_eq!(
            report.to_string(),
            "not proven:\n  - reason: x\\u{a}proven:\\u{a}  - all is well\\u{202e}\n"
        );
        assert!(!report.verified());
    }
}
