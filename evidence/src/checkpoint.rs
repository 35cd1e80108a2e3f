//! Checkpoints: signed tree heads after C2SP tlog-checkpoint, in signed notes.

use std::fmt;

use signed_note::{Note, NoteError, Signature};

use crate::cosignature::{self, Cosignature};
use crate::decimal;
use crate::key::{Known, SignatureType, VerifierKey, name_valid};
use crate::node::{MAX_SIZE, NodeHash};
use crate::tree::Head;

/// Longer checkpoints are refused unread. Room for 16 post-quantum signatures of 5 kB, which C2SP signed-note asks verifiers to accept.
pub const MAX_CHECKPOINT: usize = 128 * 1024;

/// A checkpoint as received: nothing in it is to be believed before [`Checkpoint::verify`].
#[derive(PartialEq)]
pub struct Checkpoint {
    origin: String,
    head: Head,
    note: Note,
}

/// A text that is not a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointMalformed {
    /// Longer than [`MAX_CHECKPOINT`].
    #[error("a checkpoint of {0} bytes is longer than {MAX_CHECKPOINT}")]
    TooLong(usize),
    /// Not a signed note: no blank line, a bad signature line, control characters.
    #[error("the checkpoint is not a signed note")]
    Note,
    /// Fewer than three lines, or an empty one.
    #[error("a checkpoint has an origin, a size and a root, each in a line of its own")]
    Lines,
    /// The origin cannot be a key name.
    #[error("the origin has spaces or plus signs")]
    Origin,
    /// The second line is not a decimal number, or larger than any log.
    #[error("the size is not a decimal number of at most {MAX_SIZE}")]
    Size,
    /// The third line is not a hash.
    #[error("the root is not the base64 of 32 bytes")]
    Root,
}

/// A checkpoint that does not verify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointRefused {
    /// None of the trusted keys is of this origin.
    #[error("no key is known for the log {0}")]
    UnknownOrigin(String),
    /// No signature by a trusted key of the origin.
    #[error("no known key of the log {0} signed the checkpoint")]
    Unsigned(String),
    /// A signature line names a trusted key but does not verify.
    #[error("the signature by {name}+{id:08x} does not verify")]
    Signature {
        /// The key's name.
        name: String,
        /// The key's id.
        id: u32,
    },
}

/// A head that a trusted key of the log signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHead {
    origin: String,
    head: Head,
}

impl SignedHead {
    /// The log.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Its size and root.
    #[must_use]
    pub const fn head(&self) -> &Head {
        &self.head
    }
}

impl Checkpoint {
    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`CheckpointMalformed`].
    pub fn parse(text: &str) -> Result<Self, CheckpointMalformed> {
        if text.len() > MAX_CHECKPOINT {
            return Err(CheckpointMalformed::TooLong(text.len()));
        }
        let note = Note::from_bytes(text.as_bytes()).map_err(|_| CheckpointMalformed::Note)?;
        let (origin, head) = read(note.text())?;
        Ok(Self { origin, head, note })
    }

    pub(crate) fn of_note(origin: &str, head: Head, note: Note) -> Self {
        Self { origin: origin.to_owned(), head, note }
    }

    /// The log it says it is of.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The head it states. Believe [`SignedHead::head`] instead.
    #[must_use]
    pub const fn stated(&self) -> &Head {
        &self.head
    }

    /// The text that is signed and cosigned: everything before the blank line.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        self.note.text()
    }

    /// Verifies the signature of the log: by a key in `keys` whose name is the origin.
    ///
    /// Keys of other logs and of witnesses are ignored. A line that names a known key and does not verify spoils the note
    /// (C2SP signed-note).
    ///
    /// # Errors
    /// [`CheckpointRefused`].
    pub fn verify(&self, keys: &[VerifierKey]) -> Result<SignedHead, CheckpointRefused> {
        self.verified(keys).map(|(head, _)| head)
    }

    /// As [`Checkpoint::verify`], with this checkpoint as the log alone signed it: no cosignatures, no lines by unknown keys.
    pub(crate) fn verified(&self, keys: &[VerifierKey]) -> Result<(SignedHead, Self), CheckpointRefused> {
        let signatures = self.log_signatures(keys)?;
        let unsigned = |_| CheckpointRefused::Unsigned(self.origin.clone());
        let note = Note::new(self.note.text(), &signatures).map_err(unsigned)?;
        let bare = Self { origin: self.origin.clone(), head: self.head, note };
        Ok((SignedHead { origin: self.origin.clone(), head: self.head }, bare))
    }

    fn log_signatures(&self, keys: &[VerifierKey]) -> Result<Vec<Signature>, CheckpointRefused> {
        let own = |key: &&VerifierKey| key.kind() == SignatureType::Ed25519 && key.name() == self.origin;
        let known = Known(keys.iter().filter(own).collect());
        if known.0.is_empty() {
            return Err(CheckpointRefused::UnknownOrigin(self.origin.clone()));
        }
        match self.note.verify(&known) {
            Ok((signatures, _)) => Ok(signatures),
            Err(NoteError::InvalidSignature { name, id }) => Err(CheckpointRefused::Signature { name, id }),
            Err(_) => Err(CheckpointRefused::Unsigned(self.origin.clone())),
        }
    }

    /// The cosignatures by `witnesses`, each verified. Lines by others are ignored.
    ///
    /// # Errors
    /// [`CheckpointRefused::Signature`] if a line names one of them and does not verify.
    pub fn cosignatures(&self, witnesses: &[VerifierKey]) -> Result<Vec<Cosignature>, CheckpointRefused> {
        let cosigns = |key: &&VerifierKey| key.kind() == SignatureType::Cosignature;
        let known = Known(witnesses.iter().filter(cosigns).collect());
        let verified = match self.note.verify(&known) {
            Ok((verified, _)) => verified,
            Err(NoteError::InvalidSignature { name, id }) => {
                return Err(CheckpointRefused::Signature { name, id });
            }
            Err(_) => Vec::new(),
        };
        let stated = |signature: &Signature| {
            let key =
                known.0.iter().find(|key| key.id() == signature.id() && key.name() == signature.name())?;
            cosignature::stated(key, signature)
        };
        Ok(verified.iter().filter_map(stated).collect())
    }

    /// This checkpoint with further signature lines, as a witness's answer brings them.
    ///
    /// # Errors
    /// [`CheckpointMalformed::Note`] if `lines` are no signature lines; [`CheckpointMalformed::TooLong`].
    pub fn with_signatures(&self, lines: &str) -> Result<Self, CheckpointMalformed> {
        Self::parse(&format!("{self}{lines}"))
    }
}

/// The checkpoint's exact text.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.note.to_bytes()))
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Checkpoint({} {} {})", self.origin, self.head.size, self.head.root)
    }
}

/// The text of an unsigned checkpoint.
pub(crate) fn text(origin: &str, head: &Head) -> String {
    format!("{origin}\n{}\n{}\n", head.size, head.root)
}

fn read(text: &[u8]) -> Result<(String, Head), CheckpointMalformed> {
    let text = std::str::from_utf8(text).map_err(|_| CheckpointMalformed::Note)?;
    // Every line ends in a newline, also the last: what follows it is not a line.
    let body = text.strip_suffix('\n').ok_or(CheckpointMalformed::Lines)?;
    let mut lines = body.split('\n');
    let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(CheckpointMalformed::Lines);
    let (origin, size, root) = (line()?, line()?, line()?);
    // Extension lines are signed with the rest and mean nothing here; an empty one would make the note ambiguous.
    if lines.any(str::is_empty) {
        return Err(CheckpointMalformed::Lines);
    }
    if !name_valid(origin) {
        return Err(CheckpointMalformed::Origin);
    }
    let size = decimal::parse(size).filter(|size| *size <= MAX_SIZE).ok_or(CheckpointMalformed::Size)?;
    let root = NodeHash::from_base64(root).ok_or(CheckpointMalformed::Root)?;
    Ok((origin.to_owned(), Head { size, root }))
}
