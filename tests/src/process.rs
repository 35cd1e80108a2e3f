//! A `negiz` that runs: started for a test, ended with it however that ends.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::binary::negiz;

/// How long a process may take to say that it is ready, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The shell between test and process ends the process when the test's end of its standard input closes. A test that is killed
/// leaves nothing behind. A file that may not grow is an error of the one write, as on a full disk, not the end of the process.
const KEEPER: &str = r#"
exec 3<&0 2>/dev/null
trap '' XFSZ
litter="$1"; errors="$2"; shift 2
"$@" </dev/null 3<&- 2>"$errors" &
child=$!
echo "pid $child"
( cat <&3; kill -9 "$child" ) >/dev/null 2>&1 &
watcher=$!
wait "$child"
status=$?
kill "$watcher"
exec >/dev/null
echo "status $status" >>"$errors.status"
cat <&3 >/dev/null
[ -z "$litter" ] || rm -rf "$litter"
exit "$status"
"#;

/// A running program.
#[derive(Debug)]
pub struct Process {
    keeper: Child,
    pid: u32,
    lines: Mutex<Receiver<String>>,
    errors: PathBuf,
}

/// How a program ended before it was ready.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: i32,
    /// What it wrote to standard error.
    pub errors: String,
}

impl Process {
    /// Starts `negiz` with `arguments`; what it writes to standard error goes to the file `errors`. `litter` is removed in the end.
    #[must_use]
    pub fn start(arguments: &[&str], errors: &Path, litter: Option<&Path>) -> Self {
        Self::start_with(arguments, &[], errors, litter)
    }

    /// The same, with variables of its environment.
    #[must_use]
    pub fn start_with(
        arguments: &[&str],
        variables: &[(&str, &str)],
        errors: &Path,
        litter: Option<&Path>,
    ) -> Self {
        let _ = std::fs::remove_file(status_file(errors));
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(litter.unwrap_or(Path::new("")))
            .arg(errors)
            .arg(negiz())
            .args(arguments)
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let (send, lines) = channel();
        let output = BufReader::new(keeper.stdout.take().expect("piped"));
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let said = lines.recv_timeout(PATIENCE).expect("the shell names the process");
        let pid = said.strip_prefix("pid ").and_then(|pid| pid.parse().ok()).expect("a process id");
        Self { keeper, pid, lines: Mutex::new(lines), errors: errors.to_path_buf() }
    }

    /// Waits for the line that begins with `ready` and gives all lines up to it.
    ///
    /// # Errors
    /// When the process ends first.
    pub fn ready(&self) -> Result<Vec<String>, Ended> {
        let lines = self.lines.lock().expect("one reader");
        let mut said = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    let ready = line.starts_with("ready");
                    said.push(line);
                    if ready {
                        return Ok(said);
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(Ended { status: self.wait(), errors: self.errors() });
                }
                Err(RecvTimeoutError::Timeout) => panic!("not ready in time: {}", self.errors()),
            }
        }
    }

    /// Sends a signal by name, `TERM` or `KILL` or `HUP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.pid.to_string()).status();
        assert!(sent.expect("kill").success(), "{name} could not be sent");
    }

    /// Waits until the process has ended and gives its exit status.
    #[must_use]
    pub fn wait(&self) -> i32 {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let said = std::fs::read_to_string(status_file(&self.errors)).unwrap_or_default();
            if let Some(status) = said.strip_prefix("status ").and_then(|text| text.trim().parse().ok()) {
                return status;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("process {} does not end", self.pid);
    }

    /// What it wrote to standard error so far.
    #[must_use]
    pub fn errors(&self) -> String {
        std::fs::read_to_string(&self.errors).unwrap_or_default()
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }
}

fn status_file(errors: &Path) -> PathBuf {
    let mut name = errors.as_os_str().to_owned();
    name.push(".status");
    PathBuf::from(name)
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}
