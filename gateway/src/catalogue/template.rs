//! Where parameters go in a question: templates of path, query and body.
//!
//! A parameter is data. Whatever it holds, it stays inside the path segment, the query value or the JSON string that its
//! placeholder stands for: it can never add a segment, climb with `..`, or begin a query or another request.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// Everything but the unreserved characters of RFC 3986 section 2.3.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What is wrong with a template.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    #[error("expected a path that begins with a slash and has no empty, `.` or `..` segment")]
    Path,
    #[error("expected only unreserved characters and {{placeholders}}, found {0:?}")]
    Character(char),
    #[error("a placeholder is not closed, or has no name")]
    Placeholder,
    #[error("a placeholder in a body stands alone in its string")]
    Mixed,
    #[error("the placeholder {{{0}}} names no declared parameter")]
    Undeclared(String),
    #[error("the placeholder {{{0}}} must be a required parameter here")]
    Optional(String),
    #[error("the placeholder {{{0}}} must be of type string, integer or boolean here")]
    NotScalar(String),
}

/// Why a value cannot stand where its placeholder does. Never holds the value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    #[error("{0}: expected at least one character")]
    Empty(String),
    #[error("{0}: expected no slash, backslash or control character")]
    Separator(String),
    #[error("{0}: expected more than dots")]
    Dots(String),
    #[error("{0}: expected a text, a whole number or a truth value")]
    NotScalar(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Parameter(String),
}

/// Literal text and placeholders in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text(Vec<Piece>);

impl Text {
    pub(super) fn parse(text: &str) -> Result<Self, TemplateFault> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (literal, after) = match rest.split_once('{') {
                Some((literal, after)) => (literal, Some(after)),
                None => (rest, None),
            };
            if let Some(bad) = literal.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._~:@,".contains(*c))
            {
                return Err(TemplateFault::Character(bad));
            }
            if !literal.is_empty() {
                pieces.push(Piece::Literal(literal.to_owned()));
            }
            let Some(after) = after else { break };
            let (name, next) = after.split_once('}').ok_or(TemplateFault::Placeholder)?;
            pieces.push(Piece::Parameter(placeholder(name)?));
            rest = next;
        }
        Ok(Self(pieces))
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Parameter(name) => Some(name.as_str()),
            Piece::Literal(_) => None,
        })
    }

    /// The text with its values, not encoded yet; `None` when an optional parameter is absent.
    fn fill(&self, values: &Map<String, Value>) -> Result<Option<String>, Misfit> {
        let mut filled = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => filled.push_str(literal),
                Piece::Parameter(name) => match values.get(name) {
                    None => return Ok(None),
                    Some(value) => push_scalar(&mut filled, name, value)?,
                },
            }
        }
        Ok(Some(filled))
    }

    fn first_parameter(&self) -> String {
        self.parameters().next().unwrap_or_default().to_owned()
    }
}

fn placeholder(name: &str) -> Result<String, TemplateFault> {
    let good = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if good { Ok(name.to_owned()) } else { Err(TemplateFault::Placeholder) }
}

fn push_scalar(filled: &mut String, name: &str, value: &Value) -> Result<(), Misfit> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) if number.is_i64() || number.is_u64() => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        _ => return Err(Misfit::NotScalar(name.to_owned())),
    };
    // An encoded control character is decoded by somebody; in a log or a header it then ends a line.
    if text.chars().any(char::is_control) {
        return Err(Misfit::Separator(name.to_owned()));
    }
    filled.push_str(&text);
    Ok(())
}

/// A path whose segments are literal or filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathTemplate(Vec<Text>);

impl PathTemplate {
    /// Reads `/persons/{iin}/photo`.
    ///
    /// # Errors
    /// [`TemplateFault`] names the character or placeholder at fault.
    pub fn parse(path: &str) -> Result<Self, TemplateFault> {
        let segments = path.strip_prefix('/').ok_or(TemplateFault::Path)?;
        let segments = segments.split('/').map(|segment| match segment {
            "" | "." | ".." => Err(TemplateFault::Path),
            segment => Text::parse(segment),
        });
        Ok(Self(segments.collect::<Result<_, _>>()?))
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(Text::parameters)
    }

    /// The path with the values encoded into their segments.
    ///
    /// # Errors
    /// [`Misfit`] for a value that is empty, all dots, or holds a separator. Encoding would hide these from this gateway
    /// but not from a proxy that decodes a path before it routes it.
    pub fn fill(&self, values: &Map<String, Value>) -> Result<String, Misfit> {
        let mut path = String::new();
        for segment in &self.0 {
            let name = || segment.first_parameter();
            let filled = segment.fill(values)?.ok_or_else(|| Misfit::Empty(name()))?;
            if filled.is_empty() {
                return Err(Misfit::Empty(name()));
            }
            if filled.contains(['/', '\\']) {
                return Err(Misfit::Separator(name()));
            }
            if filled.chars().all(|c| c == '.') {
                return Err(Misfit::Dots(name()));
            }
            path.push('/');
            path.extend(utf8_percent_encode(&filled, RESERVED));
        }
        Ok(path)
    }
}

/// The members of a query in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryTemplate(Vec<(String, Text)>);

impl QueryTemplate {
    /// Reads names and texts with placeholders.
    ///
    /// # Errors
    /// [`TemplateFault`] names the character or placeholder at fault.
    pub fn parse<'a>(
        members: impl IntoIterator<Item = (&'a String, &'a String)>,
    ) -> Result<Self, TemplateFault> {
        let mut query = Vec::new();
        for (name, text) in members {
            if let Some(bad) = name.chars().find(|c| !c.is_ascii_alphanumeric() && !"-._~".contains(*c)) {
                return Err(TemplateFault::Character(bad));
            }
            if name.is_empty() {
                return Err(TemplateFault::Placeholder);
            }
            query.push((name.clone(), Text::parse(text)?));
        }
        Ok(Self(query))
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|(_, text)| text.parameters())
    }

    /// `?a=1&b=2`, or nothing when no member is left.
    ///
    /// # Errors
    /// [`Misfit`] for a value that is no scalar or holds a control character.
    pub fn fill(&self, values: &Map<String, Value>) -> Result<String, Misfit> {
        let mut query = String::new();
        for (name, text) in &self.0 {
            let Some(filled) = text.fill(values)? else { continue };
            query.push(if query.is_empty() { '?' } else { '&' });
            query.push_str(name);
            query.push('=');
            query.extend(utf8_percent_encode(&filled, RESERVED));
        }
        Ok(query)
    }
}

/// A JSON body in which some strings stand for parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct BodyTemplate {
    shape: Value,
    /// Placeholders with whether the place can be left out.
    parameters: Vec<(String, bool)>,
}

impl BodyTemplate {
    /// Reads a JSON value whose strings are literal, or exactly one placeholder.
    ///
    /// # Errors
    /// [`TemplateFault`] names the placeholder at fault.
    pub fn parse(shape: &Value) -> Result<Self, TemplateFault> {
        let mut parameters = Vec::new();
        collect(shape, false, &mut parameters)?;
        Ok(Self { shape: shape.clone(), parameters })
    }

    pub(super) fn parameters(&self) -> impl Iterator<Item = (&str, bool)> {
        self.parameters.iter().map(|(name, optional)| (name.as_str(), *optional))
    }

    /// The body's bytes; members whose parameter is absent are left out.
    #[must_use]
    pub fn fill(&self, values: &Map<String, Value>) -> Vec<u8> {
        let filled = fill_value(&self.shape, values).unwrap_or(Value::Null);
        filled.to_string().into_bytes()
    }
}

fn alone(text: &str) -> Result<Option<&str>, TemplateFault> {
    if !text.contains(['{', '}']) {
        return Ok(None);
    }
    let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or(TemplateFault::Mixed)?;
    placeholder(name).map_err(|_| TemplateFault::Mixed)?;
    Ok(Some(name))
}

fn collect(shape: &Value, optional: bool, into: &mut Vec<(String, bool)>) -> Result<(), TemplateFault> {
    match shape {
        Value::String(text) => into.extend(alone(text)?.map(|name| (name.to_owned(), optional))),
        Value::Array(items) => items.iter().try_for_each(|item| collect(item, false, into))?,
        Value::Object(members) => members.values().try_for_each(|member| collect(member, true, into))?,
        _ => {}
    }
    Ok(())
}

fn fill_value(shape: &Value, values: &Map<String, Value>) -> Option<Value> {
    match shape {
        Value::String(text) => match alone(text) {
            Ok(Some(name)) => values.get(name).cloned(),
            _ => Some(shape.clone()),
        },
        Value::Array(items) => Some(items.iter().filter_map(|item| fill_value(item, values)).collect()),
        Value::Object(members) => {
            let filled =
                members.iter().filter_map(|(name, member)| Some((name.clone(), fill_value(member, values)?)));
            Some(Value::Object(filled.collect()))
        }
        other => Some(other.clone()),
    }
}
