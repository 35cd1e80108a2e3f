//! A PKCS#11 module. A process initialises each once, whoever uses it (PKCS#11 §5.4), so they are known process-wide.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use super::Pkcs11Error;

/// Between two times that a module begins anew: it takes the sessions of every key with it.
const SETTLE: Duration = Duration::from_secs(5);

static MODULES: Mutex<BTreeMap<PathBuf, Arc<Module>>> = Mutex::new(BTreeMap::new());

/// A loaded and initialised module.
pub(super) struct Module {
    path: PathBuf,
    functions: Pkcs11,
    /// How often it began anew. Held for reading during every call: while it begins anew there must be no other
    /// (PKCS#11 §5.4), and a session of before must not be mistaken for one of now, for its number may be given again.
    era: RwLock<Era>,
}

#[derive(Clone, Copy)]
struct Era {
    number: u64,
    begun: Instant,
}

impl Module {
    /// The module at `path`; loaded by the first who asks.
    pub(super) fn open(path: &Path) -> Result<Arc<Self>, Pkcs11Error> {
        let mut modules = MODULES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = modules.get(path) {
            return Ok(Arc::clone(module));
        }
        let failed = |source| Pkcs11Error::Module { module: path.to_path_buf(), source };
        let functions = Pkcs11::new(path).map_err(failed)?;
        initialise(&functions).map_err(failed)?;
        let era = RwLock::new(Era { number: 0, begun: Instant::now() });
        let module = Arc::new(Self { path: path.to_path_buf(), functions, era });
        modules.insert(path.to_path_buf(), Arc::clone(&module));
        Ok(module)
    }

    /// Does something with the module; `act` also learns the era.
    pub(super) fn call<T>(&self, act: impl FnOnce(&Pkcs11, u64) -> T) -> T {
        let era = self.era.read().unwrap_or_else(PoisonError::into_inner);
        act(&self.functions, era.number)
    }

    /// Begins anew, if nobody did since era `seen`: many modules find a token that was gone in no other way.
    pub(super) fn restart(&self, seen: u64) -> Result<(), Pkcs11Error> {
        let mut era = self.era.write().unwrap_or_else(PoisonError::into_inner);
        if era.number != seen || era.begun.elapsed() < SETTLE {
            return Ok(());
        }
        tracing::warn!(module = %self.path.display(), "the PKCS#11 module begins anew");
        *era = Era { number: era.number.saturating_add(1), begun: Instant::now() };
        // If it cannot end it can perhaps begin; what is wrong will show there.
        let _ = self.functions.clone().finalize();
        initialise(&self.functions)
            .map_err(|source| Pkcs11Error::Module { module: self.path.clone(), source })
    }
}

fn initialise(functions: &Pkcs11) -> Result<(), Error> {
    match functions.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        outcome => outcome,
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Module({})", self.path.display())
    }
}
