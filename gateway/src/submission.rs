//! Step 2: the signed document as it came, read into its prescribed form.

use bytes::Bytes;
use certs::{Envelope, EnvelopeKind, Signed};
use evidence::statement::Role;
use sha2::Digest as _;

use crate::channel::Channel;
use crate::declined::{About, Declined, Stage};
use crate::document::{Document, Rules};
use crate::exchange::Arrival;
use crate::paper::Paper;
use crate::refusal::{Code, Refusal};

/// A body as it came, over a channel.
#[derive(Clone, Debug)]
pub struct Submission {
    pub channel: Channel,
    pub kind: EnvelopeKind,
    pub body: Bytes,
}

impl Submission {
    /// Takes what arrived over a channel.
    ///
    /// # Errors
    /// What was wrong with it before it could be read: `unsupported-media-type`, `too-large`.
    pub fn receive(channel: Channel, arrival: Arrival) -> Result<Self, Declined> {
        match arrival {
            Ok((kind, body)) => Ok(Self { channel, kind, body }),
            Err(refusal) => Err(channel.decline(refusal)),
        }
    }

    /// Opens the envelope and reads the document in it. Nothing of it is believed yet.
    ///
    /// # Errors
    /// `malformed-signature`, then as [`Document::parse`].
    pub fn read(self, rules: &Rules) -> Result<Submitted, Declined> {
        let envelope = Envelope::parse(self.kind, &self.body)
            .map_err(|error| self.decline(Refusal::new(Code::MalformedSignature, error.to_string())))?;
        let signed = envelope.read(|content| {
            let document = Document::parse(content, self.channel.arrived, rules);
            document.map_err(|refusal| Unread { submission: &self, content }.decline(refusal))
        })?;
        Ok(Submitted { submission: self, signed })
    }
}

impl Submission {
    /// What is known before anything is read.
    fn as_arrived(&self) -> About {
        let mut about = self.channel.about();
        about.papers.push(Paper::personal(Role::SignedRequest, media_type(self.kind), self.body.clone()));
        about
    }
}

impl Stage for Submission {
    fn about(&self) -> About {
        let mut about = self.as_arrived();
        about.digest = Some(sha2::Sha256::digest(&self.body).into());
        about
    }
}

/// The media type an envelope is kept under.
pub(crate) const fn media_type(kind: EnvelopeKind) -> &'static str {
    match kind {
        EnvelopeKind::Cms => "application/cms",
        EnvelopeKind::Jws => "application/jose",
    }
}

/// An envelope that opened around a document that is not in the prescribed form.
struct Unread<'a> {
    submission: &'a Submission,
    content: &'a [u8],
}

impl Stage for Unread<'_> {
    fn about(&self) -> About {
        let mut about = self.submission.as_arrived();
        about.request = Document::peek_id(self.content);
        about.digest = Some(sha2::Sha256::digest(self.content).into());
        // Whether it is kept is for the refusal's code to say.
        about.content = Some(Bytes::copy_from_slice(self.content));
        about
    }
}

/// A document in the prescribed form, with a signature nobody has checked.
#[derive(Debug)]
pub struct Submitted {
    submission: Submission,
    signed: Signed<Document>,
}

impl Submitted {
    /// Puts together what [`Self::into_parts`] took apart.
    #[must_use]
    pub fn of(submission: Submission, signed: Signed<Document>) -> Self {
        Self { submission, signed }
    }

    /// Splits into the channel part and what is to be verified.
    #[must_use]
    pub fn into_parts(self) -> (Submission, Signed<Document>) {
        (self.submission, self.signed)
    }

    /// The document, as claimed.
    #[must_use]
    pub fn claimed(&self) -> &Document {
        self.signed.document()
    }
}

impl Stage for Submitted {
    fn about(&self) -> About {
        let content = self.signed.content();
        about_document(
            &self.submission,
            self.signed.document(),
            (content, sha2::Sha256::digest(content).into()),
        )
    }
}

/// What a readable document adds to what is known, with its exact bytes and their digest.
pub(crate) fn about_document(
    submission: &Submission,
    document: &Document,
    (content, digest): (&[u8], [u8; 32]),
) -> About {
    let mut about = submission.as_arrived();
    about.request = Some(document.id);
    about.digest = Some(digest);
    about.content = Some(Bytes::copy_from_slice(content));
    about.registry = Some(document.registry.clone());
    let (kind, number) = document.material();
    about.case = Some((kind.to_owned(), number.to_owned()));
    about
}
