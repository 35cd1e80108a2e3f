//! Following the catalogue of registries and the joint acts that the operator imports (SLS 16-1(1)¶2).

use std::sync::Arc;
use std::time::Duration;

use crate::acts::Acts;
use crate::catalogue::Catalogue;
use crate::registries::Catalogues;
use crate::store::Store;

/// How often a node looks whether another catalogue is in force.
const CATALOGUE: Duration = Duration::from_secs(1);

/// Puts the catalogue and the acts in force that were imported, within a second. What cannot be read is said again and again.
pub(super) async fn watch(
    store: Arc<dyn Store>,
    catalogues: Arc<Catalogues>,
    acts: Arc<Acts>,
    mut known: i64,
) {
    loop {
        tokio::time::sleep(CATALOGUE).await;
        match store.catalogue_version().await {
            Ok(version) if version != known => {}
            _ => continue,
        }
        let (Ok((version, entries)), Ok(joint)) = (store.catalogue().await, store.acts().await) else {
            continue;
        };
        acts.replace(joint);
        match Catalogue::load(entries.iter().map(|(code, text)| (code.as_str(), text.as_str()))) {
            Ok(catalogue) => {
                catalogues.replace(catalogue);
                known = version;
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the catalogue was not taken up");
            }
        }
    }
}
