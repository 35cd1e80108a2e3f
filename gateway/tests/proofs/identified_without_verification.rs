//! Nobody checked the signature.

use gateway::submission::Submitted;
use gateway::users::Users;

async fn identify(users: &Users, submitted: Submitted) {
    let _ = users.identify(submitted).await;
}

fn main() {}
