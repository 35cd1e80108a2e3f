//! Every way the gateway says no, once.
//!
//! A [`Code`] is the public name of a refusal: it fixes the HTTP status, the title and the clause that asks for it.
//! A [`Refusal`] adds what was compared, in words written for the client.

use std::borrow::Cow;
use std::fmt;

macro_rules! codes {
    ($($variant:ident = $name:literal, $status:literal, $clause:literal, $title:literal;)*) => {
        /// The public name of a refusal, `urn:negiz:problem:<name>`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($variant,)* }

        impl Code {
            /// All codes, in the order of the contract's table.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The name as the contract spells it.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Code::$variant => $name,)* } }

            /// The HTTP status this refusal is sent with.
            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Code::$variant => $status,)* } }

            /// The clause that asks for this refusal, by the short names of `docs/law/`.
            #[must_use]
            pub const fn clause(self) -> &'static str { match self { $(Code::$variant => $clause,)* } }

            /// One line a person can read.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Code::$variant => $title,)* } }

            /// The code with this name.
            #[must_use]
            pub fn named(name: &str) -> Option<Self> { match name { $($name => Some(Code::$variant),)* _ => None } }
        }
    };
}

codes! {
    MalformedDocument = "malformed-document", 400, "SLS 16-2(2)", "The request document is not in the prescribed form";
    MalformedSignature = "malformed-signature", 400, "SLS 16-2(2)", "The signed envelope is not in the prescribed form";
    SignatureInvalid = "signature-invalid", 401, "SLS 16-2(1)", "The signature does not verify";
    AlgorithmNotAccepted = "algorithm-not-accepted", 401, "SLS 16-2(1)", "The signature algorithm is not accepted";
    CertificateUntrusted = "certificate-untrusted", 401, "SLS 16-2(1)", "The certificate was not issued by a trusted authority";
    CertificateExpired = "certificate-expired", 401, "SLS 16-2(1)", "The certificate has expired";
    CertificateNotYetValid = "certificate-not-yet-valid", 401, "SLS 16-2(1)", "The certificate is not valid yet";
    CertificateRevoked = "certificate-revoked", 401, "SLS 16-2(1)", "The certificate is revoked";
    CertificatePurpose = "certificate-purpose", 401, "SLS 16-2(1)", "The certificate is not meant for this purpose";
    SystemNotEnrolled = "system-not-enrolled", 403, "SLS 16-2(1)", "The calling system is not enrolled";
    UserNotRegistered = "user-not-registered", 403, "SLS 16-2(1)", "The signer is not a registered user";
    UserSuspended = "user-suspended", 403, "SLS 16-2(1)", "The signer's registration is not in force";
    AgencyMismatch = "agency-mismatch", 403, "SLS 16-2(1)", "System, document and signer do not belong to one agency";
    GroundNotPermitted = "ground-not-permitted", 403, "SLS 16-1(1)¶3", "This user may not rely on this ground";
    RegistryNotListed = "registry-not-listed", 403, "SLS 16-1(1)¶2", "The registry is not on the list in force";
    OperationNotPermitted = "operation-not-permitted", 403, "SLS 16-3(1)", "The operation is not permitted on this ground";
    CaseNotFound = "case-not-found", 403, "SLS 16-2(3)¶2", "No such case";
    CaseKindMismatch = "case-kind-mismatch", 403, "SLS 16-2(3)¶2", "The case is of another kind";
    CaseNotOpen = "case-not-open", 403, "SLS 16-2(3)¶2", "The case is not open";
    CaseNotInProduction = "case-not-in-production", 403, "SLS 16-2(3)¶2", "The case is not in the signer's production";
    SanctionMissing = "sanction-missing", 403, "OI 12(4)", "A prosecutor's sanction is required";
    DuplicateRequest = "duplicate-request", 409, "SLS 16-2(2)", "This request was made before";
    TooLarge = "too-large", 413, "SLS 16-2(2)", "The request is too large";
    UnsupportedMediaType = "unsupported-media-type", 415, "SLS 16-2(2)", "The media type is not supported";
    DocumentStale = "document-stale", 422, "SLS 16-2(2)", "The document was not issued just now";
    CircumstancesMissing = "circumstances-missing", 422, "SLS 16-2(3)¶1", "The circumstances are not stated";
    ParametersInvalid = "parameters-invalid", 422, "SLS 16-1(1)¶1", "The operation's parameters are not valid";
    RateLimited = "rate-limited", 429, "SLS 16-1(1)¶1", "Too many requests";
    RegistryFailed = "registry-failed", 502, "SLS 16-1(1)¶1", "The registry did not give a usable answer";
    RegistryTimeout = "registry-timeout", 504, "SLS 16-1(1)¶1", "The registry did not answer in time";
    RevocationUnknown = "revocation-unknown", 503, "SLS 16-2(1)", "Whether the certificate is revoked is not known";
    CaseUnverifiable = "case-unverifiable", 503, "SLS 16-2(3)¶3", "The case cannot be verified now";
    RegistryUnavailable = "registry-unavailable", 503, "SLS 16-1(1)¶1", "The registry cannot be reached now";
    EvidenceUnavailable = "evidence-unavailable", 503, "SLS 16-2(2)", "The evidence cannot be recorded now";
    Overloaded = "overloaded", 503, "SLS 6(12-3)", "The gateway is at its limit";
}

impl Code {
    /// Whether the request is kept with its refusal, and not its digest alone. What anyone could have made up, and what
    /// repeats a request, would fill the disk at its sender's will.
    #[must_use]
    pub const fn keeps_papers(self) -> bool {
        use Code::{
            AlgorithmNotAccepted, CertificateUntrusted, CircumstancesMissing, DocumentStale,
            DuplicateRequest, MalformedDocument, MalformedSignature, RateLimited, SignatureInvalid,
            SystemNotEnrolled, TooLarge, UnsupportedMediaType,
        };
        let made_up = matches!(
            self,
            MalformedDocument
                | MalformedSignature
                | SignatureInvalid
                | AlgorithmNotAccepted
                | CertificateUntrusted
                | CircumstancesMissing
                | SystemNotEnrolled
                | TooLarge
                | UnsupportedMediaType
        );
        let repeats = matches!(self, DuplicateRequest | DocumentStale | RateLimited);
        !made_up && !repeats
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A refusal with what was compared. `detail` is written for the client: no internals, no other person's data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    /// The clause; [`Code::clause`] unless the step that refused knows a closer one.
    pub clause: Cow<'static, str>,
    pub detail: String,
    /// Seconds after which the same request may succeed.
    pub retry_after: Option<u32>,
}

impl Refusal {
    /// A refusal that cites the code's own clause. Temporary refusals (429, 503) ask the client to come back.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        let retry_after = matches!(code.status(), 429 | 503).then_some(1);
        Self { code, clause: Cow::Borrowed(code.clause()), detail: detail.into(), retry_after }
    }

    /// The same refusal under a closer clause.
    #[must_use]
    pub fn citing(mut self, clause: impl Into<Cow<'static, str>>) -> Self {
        self.clause = clause.into();
        self
    }

    /// The same refusal with another time to come back, in seconds.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}
