//! Names of keys in tokens: PKCS#11 URIs (RFC 7512).

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// A private key in a token, as `pkcs11:token=negiz;object=receipt?pin-source=token.pin` names it. Attributes that are not given
/// fit every token and object; together they must fit exactly one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pkcs11Uri {
    pub token: Option<String>,
    pub serial: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    /// CKA_LABEL.
    pub object: Option<String>,
    /// CKA_ID.
    pub id: Option<Vec<u8>>,
    /// `pin-source`: a file with the user PIN.
    pub pin: Option<PathBuf>,
    /// `module-path`.
    pub module: Option<PathBuf>,
    /// The path part as written: it has no secret.
    path: String,
}

/// A text that names no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UriError {
    #[error("expected pkcs11: and then attributes like token=…;object=… (RFC 7512)")]
    Form,
    #[error(
        "found the attribute `{0}`, expected token, serial, manufacturer, model, object, id or type, and after the question mark pin-source or module-path"
    )]
    Attribute(String),
    #[error("found the attribute `{0}` twice, expected it once")]
    Twice(String),
    #[error("found a value of `{0}` with a wrong %-escape or that is not UTF-8")]
    Escape(String),
    #[error("found type={0}, expected type=private")]
    Type(String),
    #[error("expected object or id, to name the key")]
    Object,
    #[error("found pin-value; a PIN does not belong here: expected pin-source, a file that holds it")]
    PinValue,
    #[error("pin-source: expected a file")]
    PinSource,
}

impl Pkcs11Uri {
    /// What such a name begins with.
    pub const SCHEME: &str = "pkcs11:";

    /// The whole URI, with the files it names.
    #[must_use]
    pub fn to_text(&self) -> String {
        let quoted =
            |path: &PathBuf| utf8_percent_encode(&path.to_string_lossy(), NON_ALPHANUMERIC).to_string();
        let pin = self.pin.as_ref().map(|pin| format!("pin-source={}", quoted(pin)));
        let module = self.module.as_ref().map(|module| format!("module-path={}", quoted(module)));
        let query: Vec<String> = [pin, module].into_iter().flatten().collect();
        match query.is_empty() {
            true => self.to_string(),
            false => format!("{self}?{}", query.join("&")),
        }
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), UriError> {
        let text = || text(name, value);
        let twice = match name {
            "token" => self.token.replace(text()?).is_some(),
            "serial" => self.serial.replace(text()?).is_some(),
            "manufacturer" => self.manufacturer.replace(text()?).is_some(),
            "model" => self.model.replace(text()?).is_some(),
            "object" => self.object.replace(text()?).is_some(),
            "id" => self.id.replace(bytes(name, value)?).is_some(),
            "type" if value == "private" => false,
            "type" => return Err(UriError::Type(text()?)),
            other => return Err(UriError::Attribute(other.to_owned())),
        };
        if twice { Err(UriError::Twice(name.to_owned())) } else { Ok(()) }
    }

    fn take_query(&mut self, name: &str, value: &str) -> Result<(), UriError> {
        let twice = match name {
            "pin-source" => {
                let source = text(name, value)?;
                let file = source.strip_prefix("file:").unwrap_or(&source);
                let file = file.strip_prefix("//").unwrap_or(file);
                // RFC 7512 section 4 also has `|program`; what runs as the gateway is the operator's affair, not a file's.
                if file.is_empty() || file.starts_with('|') {
                    return Err(UriError::PinSource);
                }
                self.pin.replace(PathBuf::from(file)).is_some()
            }
            "module-path" => self.module.replace(PathBuf::from(text(name, value)?)).is_some(),
            "pin-value" => return Err(UriError::PinValue),
            other => return Err(UriError::Attribute(other.to_owned())),
        };
        if twice { Err(UriError::Twice(name.to_owned())) } else { Ok(()) }
    }
}

impl FromStr for Pkcs11Uri {
    type Err = UriError;

    fn from_str(uri: &str) -> Result<Self, UriError> {
        let rest = uri.strip_prefix(Self::SCHEME).ok_or(UriError::Form)?;
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut found = Self { path: path.to_owned(), ..Self::default() };
        for attribute in path.split(';').filter(|attribute| !attribute.is_empty()) {
            let (name, value) = attribute.split_once('=').ok_or(UriError::Form)?;
            found.take(name, value)?;
        }
        for attribute in query.split('&').filter(|attribute| !attribute.is_empty()) {
            let (name, value) = attribute.split_once('=').ok_or(UriError::Form)?;
            found.take_query(name, value)?;
        }
        match (&found.object, &found.id) {
            (None, None) => Err(UriError::Object),
            _ => Ok(found),
        }
    }
}

/// Without the files it names.
impl fmt::Display for Pkcs11Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", Self::SCHEME, self.path)
    }
}

fn text(name: &str, value: &str) -> Result<String, UriError> {
    String::from_utf8(bytes(name, value)?).map_err(|_| UriError::Escape(name.to_owned()))
}

fn bytes(name: &str, value: &str) -> Result<Vec<u8>, UriError> {
    let escape =
        |rest: &str| rest.as_bytes().iter().take(2).filter(|byte| byte.is_ascii_hexdigit()).count() == 2;
    match value.split('%').skip(1).all(escape) {
        true => Ok(percent_decode_str(value).collect()),
        false => Err(UriError::Escape(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::{Pkcs11Uri, UriError};

    #[test]
    fn reads_what_rfc_7512_section_3_shows() {
        let uri: Pkcs11Uri =
            "pkcs11:token=The%20Software%20PKCS%2311%20Softtoken;serial=1b;object=my-key;id=%69%95%3E;type=private\
             ?pin-source=file:/etc/token_pin&module-path=/lib/p11.so"
                .parse()
                .unwrap();
        assert_eq!(uri.token.as_deref(), Some("The Software PKCS#11 Softtoken"));
        assert_eq!(uri.object.as_deref(), Some("my-key"));
        assert_eq!(uri.id.as_deref(), Some(&b"i\x95>"[..]));
        assert_eq!(uri.pin.as_deref().unwrap().to_str(), Some("/etc/token_pin"));
        assert_eq!(uri.module.as_deref().unwrap().to_str(), Some("/lib/p11.so"));
        assert_eq!(uri.to_text().parse::<Pkcs11Uri>().unwrap(), uri);
        assert!(!uri.to_string().contains("pin"));
    }

    #[test]
    fn refuses_what_names_no_private_key_and_what_holds_a_pin() {
        let refused = |uri: &str| uri.parse::<Pkcs11Uri>().unwrap_err();
        assert_eq!(refused("pkcs11:token=a"), UriError::Object);
        assert_eq!(refused("pkcs11:object=a;object=b"), UriError::Twice("object".to_owned()));
        assert_eq!(refused("pkcs11:object=a;type=cert"), UriError::Type("cert".to_owned()));
        assert_eq!(refused("pkcs11:object=a?pin-value=1234"), UriError::PinValue);
        assert_eq!(refused("pkcs11:object=a?pin-source=|cat"), UriError::PinSource);
        assert_eq!(refused("pkcs11:object=a%2"), UriError::Escape("object".to_owned()));
        assert_eq!(refused("pkcs11:object=a;x-y=b"), UriError::Attribute("x-y".to_owned()));
        assert_eq!(refused("pkcs11:a"), UriError::Form);
    }
}
