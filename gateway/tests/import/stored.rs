//! From the file to the database and back into the checks of the next file.

use gateway::clock::Millis;
use gateway::import::{CheckDigits, Known, read_agencies, read_cases, read_users};
use gateway::store::{Fed, Imported, connect, migrate};

use crate::{ALIYA, COURT, POLICE, csv, known, lines};

#[tokio::test]
async fn what_one_file_enrols_the_next_may_name() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("negiz.db").display());
    migrate(&url).await.unwrap();
    let store = connect(&url, 1).await.unwrap();
    let sources: Vec<_> = known().sources.into_values().collect();
    store.put_case_sources(&sources).await.unwrap();

    let users = format!(
        "iin,agency,name,role,grounds,state,from,until\n{ALIYA},{COURT},Ә,judge,court-civil,active,2026-01-01,\n"
    );
    let before = Known::of(&*store, CheckDigits::Required).await.unwrap();
    assert_eq!(lines(read_users(&csv(&users), &before)).len(), 1);

    let agencies = format!(
        "record,bin,code,name,kind,state,iin,duty,from\nagency,{COURT},court,Сот,court,active,,,\n\
         agency,{POLICE},police,Полиция,internal-affairs,active,,,\nofficial,{COURT},,Ә,,,{ALIYA},head,2026-01-01\n"
    );
    let book = read_agencies(&csv(&agencies), &before).unwrap();
    let imported = store.import_agencies(&book).await.unwrap();
    assert_eq!(imported, Imported { added: 3, changed: 0, unchanged: 0 });

    let after = Known::of(&*store, CheckDigits::Required).await.unwrap();
    let read = read_users(&csv(&users), &after).unwrap();
    store.import_users(&read).await.unwrap();
    assert_eq!(store.user(&ALIYA.parse().unwrap()).await.unwrap().as_ref(), read.first());
    assert_eq!(after.officials, book.officials);

    let cases = format!(
        "source,kind,number,status,agency,holders,version\ncriminal-cases,criminal,1,open,{POLICE},{ALIYA},1\n"
    );
    let read = read_cases(&csv(&cases), &after).unwrap();
    let fed = store.feed_cases(&read.source, Millis(1), &read.cases).await.unwrap();
    assert_eq!(fed, Fed { applied: 1, unchanged: 0 });
}
