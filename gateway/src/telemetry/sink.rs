//! Where log lines go. Writing to a full pipe blocks; a request must not wait for whoever reads the log, so lines go
//! through a bounded queue to a thread of their own, and are dropped and counted when the queue is full.

use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use super::{metrics, redaction};

/// Lines waiting to be written.
const QUEUE: usize = 8192;

/// How long the thread rests between two writes: whoever logs meanwhile need not wake it, which under load costs more than the line.
const REST: Duration = Duration::from_millis(5);

enum Message {
    Line(Vec<u8>),
    /// Answered when everything before it is written.
    Flush(SyncSender<()>),
}

/// The thread that writes.
#[derive(Debug)]
pub(super) struct Sink {
    queue: SyncSender<Message>,
}

impl Sink {
    pub(super) fn start(out: Box<dyn Write + Send>) -> io::Result<Self> {
        let (queue, lines) = sync_channel(QUEUE);
        std::thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&lines, out))?;
        Ok(Self { queue })
    }

    pub(super) fn writer(&self) -> Writer {
        Writer { queue: self.queue.clone() }
    }

    /// Waits until what was logged so far is written, at most `patience`.
    pub(super) fn finish(&self, patience: Duration) {
        let (done, finished) = sync_channel(1);
        if self.queue.try_send(Message::Flush(done)).is_ok() {
            let _ = finished.recv_timeout(patience);
        }
    }
}

/// Takes all that waits before it flushes: one system call for many lines when there are many.
fn write_all(lines: &Receiver<Message>, out: Box<dyn Write + Send>) {
    let mut out = BufWriter::new(out);
    while let Ok(first) = lines.recv() {
        let mut next = Some(first);
        let mut waiting = Vec::new();
        while let Some(message) = next {
            match message {
                Message::Line(line) => {
                    // Nobody is left to tell that the log itself cannot be written.
                    let _ = out.write_all(&line);
                }
                Message::Flush(done) => waiting.push(done),
            }
            next = lines.try_recv().ok();
        }
        let _ = out.flush();
        for done in waiting {
            let _ = done.try_send(());
        }
        std::thread::sleep(REST);
    }
}

/// Makes one [`Line`] for each event.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    queue: SyncSender<Message>,
}

impl<'a> MakeWriter<'a> for Writer {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { text: Vec::new(), queue: &self.queue }
    }
}

/// A line under construction; it leaves when dropped.
pub(super) struct Line<'a> {
    text: Vec<u8>,
    queue: &'a SyncSender<Message>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let mut text = std::mem::take(&mut self.text);
        redaction::redact(&mut text);
        if let Err(TrySendError::Full(_)) = self.queue.try_send(Message::Line(text)) {
            metrics::lost_lines(1);
        }
    }
}
