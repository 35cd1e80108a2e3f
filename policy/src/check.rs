//! Everything that is wrong with a set, at once: for the person who writes it.

use crate::catalogue::Catalogue;
use crate::error::PolicyError;
use crate::files::PolicyFiles;
use crate::matrix::Matrix;
use crate::rules::Rules;

/// All errors of a set, file by file; empty if it can be loaded (its proof aside).
#[must_use]
pub fn check(files: &PolicyFiles) -> Vec<PolicyError> {
    let (_, mut errors) = Rules::read(&files.rules);
    match Catalogue::parse(&files.registries) {
        Err(error) => errors.push(error),
        Ok(catalogue) => {
            if let Err(error) = Matrix::parse(files.matrix.text(), &catalogue) {
                errors.push(PolicyError::Matrix { file: files.matrix.name().to_owned(), error });
            }
        }
    }
    errors
}
