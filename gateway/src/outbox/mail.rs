//! Notices by e-mail (RFC 5321), handed to a relay on this machine, which knows the way and the encryption further on.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::Notice;
use crate::config;

/// Longest wait for the relay, from connecting to its last word.
const DEADLINE: Duration = Duration::from_secs(10);
/// Longest line of a relay (RFC 5321 section 4.5.3.1.5).
const MAX_LINE: usize = 512;

/// A relay and who is written to.
#[derive(Debug)]
pub struct Mail {
    relay: SocketAddr,
    from: String,
    to: Vec<String>,
}

/// Why a notice was not taken.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("expected a relay at a loopback address, and mail addresses like name@host")]
    Address,
    #[error("the connection to the relay failed")]
    Connection(#[from] std::io::Error),
    #[error("the relay did not answer within {} s", DEADLINE.as_secs())]
    Late,
    #[error("the relay answered {found}; expected {expected}")]
    Answer { found: u16, expected: u16 },
}

impl Mail {
    /// # Errors
    /// [`MailError::Address`].
    pub fn new(settings: &config::MailRelay) -> Result<Self, MailError> {
        let addresses = settings.to.iter().chain([&settings.from]);
        let sound = settings.relay.ip().is_loopback() && !settings.to.is_empty();
        if !sound || !addresses.into_iter().all(|address| is_address(address)) {
            return Err(MailError::Address);
        }
        Ok(Self { relay: settings.relay, from: settings.from.clone(), to: settings.to.clone() })
    }

    pub(super) async fn deliver(&self, notice: &Notice) -> Result<(), MailError> {
        tokio::time::timeout(DEADLINE, self.hand_over(notice)).await.map_err(|_| MailError::Late)?
    }

    async fn hand_over(&self, notice: &Notice) -> Result<(), MailError> {
        let mut relay = BufReader::new(TcpStream::connect(self.relay).await?);
        expect(&mut relay, 220).await?;
        say(&mut relay, "EHLO localhost", 250).await?;
        say(&mut relay, &format!("MAIL FROM:<{}>", self.from), 250).await?;
        for to in &self.to {
            say(&mut relay, &format!("RCPT TO:<{to}>"), 250).await?;
        }
        say(&mut relay, "DATA", 354).await?;
        // The body is one line of JSON: it begins with a brace, so that no dot needs doubling (RFC 5321 section 4.5.2).
        let message = format!(
            "From: <{}>\r\nTo: {}\r\nSubject: Negiz: notice {}\r\nMessage-ID: <{}@negiz>\r\nMIME-Version: 1.0\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{}\r\n.",
            self.from,
            self.to.join(", "),
            notice.id,
            notice.id,
            notice.body
        );
        say(&mut relay, &message, 250).await?;
        // Taken is taken: a relay that hangs up before its goodbye has the message.
        let _ = say(&mut relay, "QUIT", 221).await;
        Ok(())
    }
}

/// No line ends and no angle brackets: an address cannot become a command.
fn is_address(text: &str) -> bool {
    let sound = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>' | ',');
    text.len() <= 254 && text.chars().all(sound) && text.split('@').count() == 2
}

async fn say(relay: &mut BufReader<TcpStream>, line: &str, expected: u16) -> Result<(), MailError> {
    relay.get_mut().write_all(format!("{line}\r\n").as_bytes()).await?;
    expect(relay, expected).await
}

/// Reads an answer, of one line or several (`250-…`).
async fn expect(relay: &mut BufReader<TcpStream>, expected: u16) -> Result<(), MailError> {
    loop {
        let mut line = Vec::new();
        let mut limited = tokio::io::AsyncReadExt::take(&mut *relay, MAX_LINE as u64);
        limited.read_until(b'\n', &mut line).await?;
        let text = String::from_utf8_lossy(&line);
        let found: u16 = text.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0);
        if found != expected {
            return Err(MailError::Answer { found, expected });
        }
        if text.get(3..4) != Some("-") {
            return Ok(());
        }
    }
}
