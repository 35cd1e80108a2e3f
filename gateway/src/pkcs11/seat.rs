//! A session with a token in which one private key is at hand.

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use secrecy::SecretString;

use super::{Pkcs11Error, Pkcs11Uri, PublicKey};
use crate::config::secret_file;

/// A session: for one thread at a time (PKCS#11 §5.6). Logged in, because the whole application is.
pub(super) struct Seat {
    session: Session,
    object: ObjectHandle,
    /// The module's era in which it was opened: in any other its number means nothing.
    pub(super) era: u64,
}

impl Seat {
    /// Finds the token, opens a session, logs in and finds the key, with its public half.
    pub(super) fn open(pkcs11: &Pkcs11, era: u64, uri: &Pkcs11Uri) -> Result<(Self, PublicKey), Pkcs11Error> {
        let (slot, token) = find_token(pkcs11, uri)?;
        // One that closes itself might close another's of the same number, in a later era.
        let session = pkcs11.open_ro_session_no_drop(slot)?;
        let found = log_in(&session, uri, &token).and_then(|()| find_key(&session, uri, token.label()));
        match found {
            Ok((object, public)) => Ok((Self { session, object, era }, public)),
            Err(error) => {
                let _ = session.close();
                Err(error)
            }
        }
    }

    /// A signature as the token makes it.
    pub(super) fn sign(&self, mechanism: &Mechanism<'_>, data: &[u8]) -> Result<Vec<u8>, Pkcs11Error> {
        Ok(self.session.sign(mechanism, self.object, data)?)
    }

    /// Ends the session. Only in its own era; after it there is nothing to end.
    pub(super) fn close(self) {
        let _ = self.session.close();
    }
}

fn find_token(pkcs11: &Pkcs11, uri: &Pkcs11Uri) -> Result<(Slot, TokenInfo), Pkcs11Error> {
    let mut fitting = Vec::new();
    let mut labels = Vec::new();
    for slot in pkcs11.get_slots_with_token()? {
        // A token may be gone between the two calls.
        let Ok(token) = pkcs11.get_token_info(slot) else { continue };
        if !token.token_initialized() {
            continue;
        }
        labels.push(format!("\"{}\"", token.label()));
        if fits(&token, uri) {
            fitting.push((slot, token));
        }
    }
    let (count, wanted) = (fitting.len(), uri.to_string());
    match (fitting.pop(), count) {
        (Some(found), 1) => Ok(found),
        (Some(_), _) => Err(Pkcs11Error::Tokens { wanted, count }),
        (None, _) if labels.is_empty() => Err(Pkcs11Error::NoToken { wanted, found: "none".to_owned() }),
        (None, _) => Err(Pkcs11Error::NoToken { wanted, found: labels.join(", ") }),
    }
}

fn fits(token: &TokenInfo, uri: &Pkcs11Uri) -> bool {
    let fits = |wanted: &Option<String>, found: &str| {
        wanted.as_deref().is_none_or(|wanted| wanted == found.trim_end())
    };
    fits(&uri.token, token.label())
        && fits(&uri.serial, token.serial_number())
        && fits(&uri.manufacturer, token.manufacturer_id())
        && fits(&uri.model, token.model())
}

/// The PIN is read for each login and not kept.
fn log_in(session: &Session, uri: &Pkcs11Uri, token: &TokenInfo) -> Result<(), Pkcs11Error> {
    let Some(file) = &uri.pin else {
        return if token.login_required() { Err(Pkcs11Error::NoPin) } else { Ok(()) };
    };
    let held = secret_file::read("pin", file)?;
    let pin = SecretString::from(String::from_utf8_lossy(&held).trim_end_matches(['\r', '\n']));
    match session.login(UserType::User, Some(&pin)) {
        // Another session of this process did.
        Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
        Err(Error::Pkcs11(RvError::PinIncorrect | RvError::PinLenRange | RvError::PinInvalid, _)) => {
            Err(Pkcs11Error::Pin { file: file.clone(), token: token.label().to_owned() })
        }
        Err(Error::Pkcs11(RvError::PinLocked, _)) => {
            Err(Pkcs11Error::PinLocked { token: token.label().to_owned() })
        }
        Err(error) => Err(error.into()),
    }
}

fn find_key(
    session: &Session,
    uri: &Pkcs11Uri,
    token: &str,
) -> Result<(ObjectHandle, PublicKey), Pkcs11Error> {
    let mut template = vec![Attribute::Class(ObjectClass::PRIVATE_KEY)];
    template.extend(uri.object.as_ref().map(|label| Attribute::Label(label.clone().into_bytes())));
    template.extend(uri.id.as_ref().map(|id| Attribute::Id(id.clone())));
    let mut found = session.find_objects(&template)?;
    let (wanted, token, count) = (uri.to_string(), token.to_owned(), found.len());
    match (found.pop(), count) {
        (Some(object), 1) => Ok((object, PublicKey::beside(session, object)?)),
        (None, _) => Err(Pkcs11Error::NoObject { wanted, token }),
        (Some(_), _) => Err(Pkcs11Error::Objects { wanted, token, count }),
    }
}
