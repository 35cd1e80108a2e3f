//! The grant is not durable yet.

use gateway::reconciled::Reconciled;
use gateway::registries::Registries;
use policy::Granted;

async fn ask(registries: &Registries, granted: Granted<Reconciled>) {
    let _ = registries.ask(granted).await;
}

fn main() {}
