//! One grant, one question.

use gateway::journal::Recorded;
use gateway::reconciled::Reconciled;
use gateway::registries::Registries;
use policy::Granted;

async fn ask(registries: &Registries, recorded: Recorded<Granted<Reconciled>>) {
    let _ = registries.ask(recorded).await;
    let _ = registries.ask(recorded).await;
}

fn main() {}
