//! The authorities trusted and what is known of revocation: read at start, refreshed in the background, kept on disk.
//!
//! Where lists do not say whether a certificate is revoked, the responder that it names is asked about it. What stays unknown refuses.

mod answers;
pub(crate) mod lists;
mod responders;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use certs::anchors::{AnchorError, Anchors};
use certs::profile::ProfileError;
use certs::{Profile, Trust as Verifier};

use crate::clock::Clock;
use crate::config::{Asking, Trust as Settings};
use crate::telemetry::metrics;
use crate::trust::Trust;

use lists::{Lists, State};
use responders::Responders;

/// Why the authorities cannot be taken up.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    #[error("trust.anchors: cannot read {}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("trust.anchors: {0}")]
    Anchors(#[from] AnchorError),
    #[error("trust.profile: {0}")]
    Profile(#[from] ProfileError),
}

/// Keeps a [`Trust`] up to date.
#[derive(Debug)]
pub struct Authorities {
    settings: Settings,
    profile: Profile,
    lists: Arc<Lists>,
    responders: Responders,
}

impl Authorities {
    /// Reads anchors and profile, and the lists and answers kept on disk by an earlier run.
    ///
    /// # Errors
    /// When the anchors cannot be read.
    pub fn open(settings: &Settings, clock: Arc<dyn Clock>) -> Result<Self, AuthoritiesError> {
        let anchors = Arc::new(read_anchors(&settings.anchors)?);
        // A misspelt profile is found now, not with the first request.
        let profile = Profile::named(&settings.profile)?;
        let interval = settings.refresh_seconds.duration();
        let lists = Lists::open(anchors, &settings.crl, interval, &settings.cache, clock);
        let responders = Responders::new(&settings.ocsp);
        let authorities = Self { settings: settings.clone(), profile, lists: Arc::new(lists), responders };
        authorities.take_up_answers();
        Ok(authorities)
    }

    /// A verifier over what is held now.
    #[must_use]
    pub fn verifier(&self) -> Verifier {
        let State { anchors, revocation } = self.lists.state();
        Verifier::new(anchors, self.profile.clone(), revocation)
    }

    /// Reads the anchors anew.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn anchors(&self) -> Result<Arc<Anchors>, AuthoritiesError> {
        Ok(Arc::new(read_anchors(&self.settings.anchors)?))
    }

    /// Puts these anchors in force, with what of the lists and answers held still stands under them.
    pub fn put_under(&self, anchors: Arc<Anchors>, trust: &Trust) {
        self.lists.put_under(anchors);
        trust.replace(self.verifier());
    }

    /// When responders are asked.
    #[must_use]
    pub fn asking(&self) -> Asking {
        self.settings.ask
    }

    /// Puts what is held now in force for every request that has not been verified yet.
    fn publish(&self, trust: &Trust) {
        let next = trust.current().with_revocation(self.lists.state().revocation);
        trust.replace(next);
    }

    /// How many answers about single certificates are held.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.lists.answers()
    }

    /// What is known of revocation.
    pub(crate) fn lists(&self) -> &Arc<Lists> {
        &self.lists
    }

    /// Asks every source once and publishes what came. Returns how many gave no usable list.
    pub async fn refresh(&self, trust: &Trust) -> usize {
        let failed = self.lists.refresh().await;
        self.publish(trust);
        metrics::ocsp_answers(self.answers());
        failed
    }

    /// Refreshes for ever: every interval, and soon again while a source fails.
    pub async fn watch(self: Arc<Self>, trust: Arc<Trust>, mut failed: usize) {
        loop {
            tokio::time::sleep(self.lists.pause(failed)).await;
            failed = self.refresh(&trust).await;
        }
    }
}

/// The authorities in a folder.
///
/// # Errors
/// When it cannot be read, or holds something else.
pub fn read_anchors(directory: &Path) -> Result<Anchors, AuthoritiesError> {
    let unreadable = |source| AuthoritiesError::Unreadable { path: directory.to_path_buf(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_file() {
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            files.push((name, std::fs::read(&path).map_err(unreadable)?));
        }
    }
    Ok(Anchors::from_files(files.iter().map(|(name, content)| (name.as_str(), content.as_slice())))?)
}
