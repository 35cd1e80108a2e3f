//! The files a set of rules is made of, as texts. Reading them from disk is the caller's business.

use crate::bounds::MAX_FILES;
use crate::digest::Digest;
use crate::error::PolicyError;

/// The schema every set is written against. It mirrors [`Facts`](crate::Facts) and comes with the program.
pub static SCHEMA: File =
    File::embedded("schema.cedarschema", include_str!("../policies/schema.cedarschema"));

/// One file: a name for messages and digests, and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    name: std::borrow::Cow<'static, str>,
    text: std::borrow::Cow<'static, str>,
}

impl File {
    /// A file read by the caller. `name` is shown in errors and is part of the digest: without directories, please.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self { name: name.into().into(), text: text.into().into() }
    }

    pub(crate) const fn embedded(name: &'static str, text: &'static str) -> Self {
        Self { name: std::borrow::Cow::Borrowed(name), text: std::borrow::Cow::Borrowed(text) }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// A set of rules with its data: the rules (`*.cedar`), the matrix (`matrix.json`), the registries
/// (`registries.json`) and the record of proof (`proof.json`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyFiles {
    pub(crate) rules: Vec<File>,
    pub(crate) registries: File,
    pub(crate) matrix: File,
    pub(crate) proof: Option<File>,
}

impl PolicyFiles {
    /// Tells the files of a set apart by their names. `README.md` is let be; anything else unknown is refused, because a
    /// rule in a file that is not read would silently not apply. Without a
    /// `matrix.json` or a `registries.json` the built-in one is taken.
    ///
    /// # Errors
    /// [`PolicyError::Stray`], [`PolicyError::Missing`] without any rule, [`PolicyError::OtherSchema`], [`PolicyError::TooMany`].
    pub fn sort(files: impl IntoIterator<Item = File>) -> Result<Self, PolicyError> {
        let mut set = Self { rules: Vec::new(), registries: REGISTRIES, matrix: MATRIX, proof: None };
        let files: Vec<File> = files.into_iter().collect();
        if files.len() > MAX_FILES {
            return Err(PolicyError::TooMany { found: files.len() });
        }
        for file in files {
            match file.name() {
                "registries.json" => set.registries = file,
                "matrix.json" => set.matrix = file,
                "proof.json" => set.proof = Some(file),
                "README.md" => {}
                name if name == SCHEMA.name() => same_schema(&file)?,
                name if name.ends_with(".cedar") => set.rules.push(file),
                name => return Err(PolicyError::Stray { file: name.to_owned() }),
            }
        }
        if set.rules.is_empty() {
            return Err(PolicyError::Missing { what: "rules (*.cedar)" });
        }
        set.rules.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(set)
    }

    /// The set that comes with the program: the law as it stands in `docs/law`.
    #[must_use]
    pub fn default_set() -> Self {
        Self { rules: RULES.to_vec(), registries: REGISTRIES, matrix: MATRIX, proof: Some(PROOF) }
    }

    /// The set with another matrix.
    #[must_use]
    pub fn with_matrix(mut self, matrix: File) -> Self {
        self.matrix = matrix;
        self
    }

    /// The set with another catalogue of registries.
    #[must_use]
    pub fn with_registries(mut self, registries: File) -> Self {
        self.registries = registries;
        self
    }

    /// The set with another record of proof.
    #[must_use]
    pub fn with_proof(mut self, proof: File) -> Self {
        self.proof = Some(proof);
        self
    }

    /// The set with one more file of rules. Its record of proof no longer fits: prove the new set.
    #[must_use]
    pub fn with_rules(mut self, rules: File) -> Self {
        self.rules.push(rules);
        self.rules.sort_by(|a, b| a.name.cmp(&b.name));
        self
    }

    /// The files of rules, ordered by name.
    #[must_use]
    pub fn rules(&self) -> &[File] {
        &self.rules
    }

    /// The catalogue of registries.
    #[must_use]
    pub const fn registries(&self) -> &File {
        &self.registries
    }

    /// Every file of the set, the schema and the record of proof included: from these it can be read and loaded again.
    pub fn all(&self) -> impl Iterator<Item = &File> {
        std::iter::once(&SCHEMA).chain(&self.rules).chain([&self.registries, &self.matrix]).chain(&self.proof)
    }

    /// Digest of the rules and the schema: what a record of proof is about.
    #[must_use]
    pub fn rules_digest(&self) -> Digest {
        digest_of(std::iter::once(&SCHEMA).chain(&self.rules))
    }

    /// Digest of everything that decides: rules, schema, matrix, registries.
    #[must_use]
    pub fn digest(&self) -> Digest {
        digest_of(std::iter::once(&SCHEMA).chain(&self.rules).chain([&self.registries, &self.matrix]))
    }
}

fn digest_of<'a>(files: impl Iterator<Item = &'a File>) -> Digest {
    Digest::of_parts(files.map(|file| (file.name(), file.text().as_bytes())))
}

fn same_schema(file: &File) -> Result<(), PolicyError> {
    if file.text() == SCHEMA.text() {
        return Ok(());
    }
    let digest = |file: &File| digest_of(std::iter::once(file));
    Err(PolicyError::OtherSchema {
        file: file.name().to_owned(),
        found: digest(file),
        expected: digest(&SCHEMA),
    })
}

const REGISTRIES: File = File::embedded("registries.json", include_str!("../data/registries.json"));
const MATRIX: File = File::embedded("matrix.json", include_str!("../data/matrix.json"));
const PROOF: File = File::embedded("proof.json", include_str!("../data/proof.json"));

macro_rules! rules {
    ($($name:literal),+ $(,)?) => {
        &[$(File::embedded($name, include_str!(concat!("../policies/", $name)))),+]
    };
}

/// The rules, one file per clause. A test compares this list with the directory.
const RULES: &[File] = rules![
    "iab-6-1-49.cedar",
    "mig-9-3.cedar",
    "oi-10.cedar",
    "oi-12-4.cedar",
    "oi-25-2-3.cedar",
    "oi-6.cedar",
    "oi-8-1.cedar",
    "pi-28-7.cedar",
    "sls-13-3.cedar",
    "sls-16-1-1-2.cedar",
    "sls-16-1-1-3.cedar",
    "sls-16-2-1.cedar",
    "sls-16-2-3-1.cedar",
    "sls-16-2-3-2.cedar",
    "sls-16-2-3-4.cedar",
    "sls-16-2-4.cedar",
    "sls-16-2-5.cedar",
    "sls-16-3-1.cedar",
    "sls-16-3-4.cedar",
];
