//! What is durable is a refusal.

use gateway::declined::Declined;
use gateway::journal::Recorded;
use gateway::registries::Registries;

async fn ask(registries: &Registries, refused: Recorded<Declined>) {
    let _ = registries.ask(refused).await;
}

fn main() {}
