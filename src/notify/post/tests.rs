use std::path::Path;
use std::sync::Mutex;

use futures_util::future::BoxFuture;
use tokio::sync::Notify;

use super::super::channel::{Line, OpenError};
use super::super::{Channel, Deaf, Inbound, Incoming, Letter};
use super::*;
use crate::inventory;
use crate::judgement::event::PageReason;
use crate::paging::{About, How, Message, Recipient, Severity, Standing};

/// A provider on paper: what it was sent, how it answers, what people write to it.
#[derive(Default)]
struct Paper {
    sent: Mutex<Vec<Letter>>,
    answers: Mutex<VecDeque<Answer>>,
    /// It does not answer while this is set.
    hangs: Mutex<bool>,
    written: Mutex<VecDeque<Incoming>>,
    replies: Mutex<Vec<(String, String)>>,
    changed: Notify,
}

impl Channel for Paper {
    fn send<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            self.sent.lock().unwrap().push(letter.clone());
            self.changed.notify_waiters();
            if *self.hangs.lock().unwrap() {
                std::future::pending::<()>().await;
            }
            let answer = self.answers.lock().unwrap().pop_front();
            if let Some(Answer::Never { why }) = &answer
                && why == "panic"
            {
                panic!("a fault of a channel");
            }
            answer.unwrap_or(Answer::Accepted { id: None })
        })
    }
}

impl Inbound for Paper {
    fn hear(&self) -> BoxFuture<'_, Result<Vec<Incoming>, Deaf>> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(self.written.lock().unwrap().pop_front().into_iter().collect())
        })
    }

    fn reply<'a>(&'a self, to: &'a Incoming, text: &'a str) -> BoxFuture<'a, Answer> {
        Box::pin(async move {
            self.replies.lock().unwrap().push((to.from.clone(), text.to_owned()));
            Answer::Accepted { id: None }
        })
    }
}

impl Paper {
    fn keys(&self) -> Vec<String> {
        self.sent.lock().unwrap().iter().map(|letter| letter.key.clone()).collect()
    }

    fn write(&self, from: &str, text: &str) {
        let at = Some(Timestamp::now());
        let mut written = self.written.lock().unwrap();
        let id = format!("w{}", written.len());
        written.push_back(Incoming { id, from: from.to_owned(), text: text.to_owned(), at });
    }
}

/// A post over a record, with one channel on paper.
struct Desk {
    directory: tempfile::TempDir,
    paper: Arc<Paper>,
    telemetry: Arc<Telemetry>,
    writer: Writer,
    config: Arc<Config>,
}

struct Running {
    orders: mpsc::Sender<Order>,
    back: mpsc::Receiver<Back>,
    stop: Option<oneshot::Sender<()>>,
    task: tokio::task::JoinHandle<()>,
}

const INVENTORY: &str = "
[[channel]]
id = \"zalo\"
kind = \"webhook\"
url = \"http://127.0.0.1:1/\"
[[officer]]
id = \"an\"
name = \"Nguyễn Văn An\"
channels = [\"zalo\"]
addresses = { zalo = \"chat-an\" }
[[officer]]
id = \"binh\"
name = \"Trần Bình\"
language = \"en\"
channels = [\"zalo\"]
";

impl Desk {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let config = Arc::new(Config::parse(&directory.path().join("camwatch.toml"), INVENTORY).unwrap());
        let telemetry = Arc::new(Telemetry::new());
        let path = directory.path().join("ledger.db");
        let writer = Writer::open(&path, Duration::from_secs(86_400), Arc::clone(&telemetry)).unwrap();
        Self { directory, paper: Arc::default(), telemetry, writer, config }
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.directory.path().join("ledger.db")).unwrap()
    }

    fn start(&self, backs: usize) -> Running {
        let paper = Arc::clone(&self.paper);
        self.start_with(backs, move |_, _| Ok(Line { out: paper.clone(), back: Some(paper.clone()) }))
    }

    fn start_with(
        &self,
        backs: usize,
        open: impl Fn(&inventory::Channel, &Path) -> Result<Line, OpenError> + Send + 'static,
    ) -> Running {
        let telemetry = Arc::clone(&self.telemetry);
        let mut post = Post::load(
            Arc::clone(&self.config),
            &std::collections::BTreeSet::new(),
            &self.reader(),
            self.writer.clone(),
            telemetry,
        )
        .unwrap();
        post.open = Box::new(open);
        let (orders, orders_out) = mpsc::channel(4);
        let (back_in, back) = mpsc::channel(backs);
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(post.run(orders_out, back_in, async {
            let _ = stopped.await;
        }));
        Running { orders, back, stop: Some(stop), task }
    }

    /// As the watch does it: the record first.
    async fn tell(&self, running: &Running, messages: &[Message]) {
        let step = Box::new(Step { messages: messages.to_vec(), ..Step::default() });
        self.writer.record(Entry::Paging { incident: None, step: step.clone() });
        running.orders.send(Order::Step(step)).await.unwrap();
    }
}

impl Running {
    async fn back(&mut self) -> Back {
        tokio::time::timeout(Duration::from_secs(60), self.back.recv()).await.expect("in time").expect("a post")
    }

    async fn delivered(&mut self) -> Delivery {
        match self.back().await {
            Back::Delivered(delivery) => delivery,
            other => panic!("{other:?}"),
        }
    }

    async fn end(mut self) {
        let _ = self.stop.take().expect("stopped once").send(());
        self.task.await.unwrap();
    }
}

async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..3000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} never came");
}

fn message(id: &str, officer: &str) -> Message {
    let at = Timestamp::now();
    Message {
        id: MessageId(id.to_owned()),
        to: Recipient::Officer(OfficerId::new(officer).unwrap()),
        reason: PageReason::Open,
        severity: Severity::Critical,
        decided_at: at,
        not_before: at,
        about: vec![About::Test],
        supersedes: Vec::new(),
    }
}

fn zalo() -> ChannelId {
    ChannelId::new("zalo").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_in_the_record_before_it_is_sent_and_its_taking_after() {
    let desk = Desk::new();
    *desk.paper.hangs.lock().unwrap() = true;
    let mut running = desk.start(8);
    desk.tell(&running, &[message("m1", "an")]).await;
    until("the message", || !desk.paper.keys().is_empty()).await;
    let queued = desk.reader().queued_messages().unwrap();
    assert_eq!(queued.len(), 1, "it was in the record before it was sent");
    assert_eq!(desk.paper.sent.lock().unwrap()[0].to, "chat-an");
    // Killed while the provider is silent.
    running.task.abort();
    desk.writer.flush().await;
    let row = desk.reader().queued_messages().unwrap().remove(0);
    assert_eq!((row.channel, row.attempts), (Some(zalo()), 1));

    *desk.paper.hangs.lock().unwrap() = false;
    let mut again = desk.start(8);
    let delivery = again.delivered().await;
    assert_eq!((delivery.message.0.as_str(), delivery.fate), ("m1", Fate::Taken(zalo())));
    let keys = desk.paper.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]), "what was in doubt is sent again under the same key");
    desk.writer.flush().await;
    assert_eq!(desk.reader().queued_messages().unwrap(), []);
    let rows = desk.reader().messages(Timestamp::MIN, Timestamp::MAX).unwrap();
    assert_eq!(rows[0].standing, Standing::Accepted);
    again.end().await;
    running.back.close();
}

#[tokio::test(flavor = "multi_thread")]
async fn orders_are_taken_although_nobody_takes_what_comes_back() {
    let desk = Desk::new();
    let mut running = desk.start(1);
    for n in 0..40 {
        let messages = [message(&format!("m{n}"), "an")];
        let told = desk.tell(&running, &messages);
        tokio::time::timeout(Duration::from_secs(60), told).await.expect("the post takes orders");
    }
    until("all messages", || desk.paper.keys().len() == 40).await;
    let mut delivered = std::collections::BTreeSet::new();
    for _ in 0..40 {
        delivered.insert(running.delivered().await.message);
    }
    assert_eq!(delivered.len(), 40, "nothing that came back was lost meanwhile");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_panics_is_a_fault_that_is_waited_out() {
    let desk = Desk::new();
    desk.paper.answers.lock().unwrap().push_back(Answer::Never { why: "panic".to_owned() });
    let mut running = desk.start(8);
    desk.tell(&running, &[message("m1", "an")]).await;
    assert_eq!(running.delivered().await.fate, Fate::Taken(zalo()));
    assert_eq!(desk.paper.keys().len(), 2);
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_cannot_be_opened_is_told_and_so_is_who_was_not_reached() {
    let desk = Desk::new();
    let mut running = desk.start_with(8, |channel, _| {
        Err(OpenError::Unusable { channel: channel.id.clone(), why: "no such thing".to_owned() })
    });
    desk.tell(&running, &[message("m1", "an")]).await;
    let (mut failing, mut unreached) = (false, false);
    for _ in 0..2 {
        match running.back().await {
            Back::ChannelFailing { channel, why, .. } => failing = channel == zalo() && why.contains("no such thing"),
            Back::Delivered(delivery) => unreached = delivery.fate == Fate::Unreachable,
            other => panic!("{other:?}"),
        }
    }
    assert!(failing && unreached);
    running.end().await;
    desk.writer.flush().await;
    assert_eq!(desk.reader().queued_messages().unwrap().len(), 1, "it is sent when somebody has set it right");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_waits_for_an_answer_that_comes_soon() {
    let desk = Desk::new();
    let mut running = desk.start(8);
    desk.tell(&running, &[message("m1", "an")]).await;
    until("the message", || !desk.paper.keys().is_empty()).await;
    running.back.close();
    running.end().await;
    desk.writer.flush().await;
    assert_eq!(desk.reader().queued_messages().unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_enrols_with_a_code_and_then_answers_and_strangers_are_not_answered() {
    let desk = Desk::new();
    let mut running = desk.start(8);
    // Binh has no address yet: nothing reaches them.
    desk.tell(&running, &[message("m1", "binh")]).await;
    assert_eq!(running.delivered().await.fate, Fate::Taken(zalo()), "a webhook knows officers by their ids");
    desk.paper.write("chat-binh", "OK");
    desk.paper.write("stranger", "OK 17");

    let (answer, paired) = oneshot::channel();
    let binh = OfficerId::new("binh").unwrap();
    running.orders.send(Order::Pair { officer: binh.clone(), channel: None, answer }).await.unwrap();
    let pairing = paired.await.unwrap().unwrap();
    assert_eq!((pairing.code.len(), &pairing.channel), (6, &zalo()));
    desk.paper.write("chat-binh", &format!("dk {}", pairing.code));
    until("the answer", || !desk.paper.replies.lock().unwrap().is_empty()).await;
    let enrolled = desk.paper.replies.lock().unwrap().remove(0);
    assert_eq!(enrolled, ("chat-binh".to_owned(), "Enrolled: Trần Bình gets messages here.".to_owned()));
    desk.writer.flush().await;
    assert_eq!(desk.reader().addresses().unwrap()[&(binh.clone(), zalo())], "chat-binh");
    desk.tell(&running, &[message("m2", "binh")]).await;
    running.delivered().await;
    assert_eq!(desk.paper.sent.lock().unwrap().last().unwrap().to, "chat-binh");

    desk.paper.write("chat-binh", "ok 17");
    let Back::Acknowledge { which, officer, answer } = running.back().await else { panic!("no acknowledgement") };
    assert_eq!((which, &officer), (Which::Number(17), &binh));
    let at = Timestamp::now();
    let noted =
        Acknowledgement { incident: "i".to_owned(), at, who: "binh".to_owned(), how: How::Reply, expires_at: at };
    answer.send(Ok(noted)).unwrap();
    until("the answer", || !desk.paper.replies.lock().unwrap().is_empty()).await;
    let (to, text) = desk.paper.replies.lock().unwrap().remove(0);
    assert!(to == "chat-binh" && text.starts_with("Noted: Trần Bình has incident 17"), "{text}");

    desk.paper.write("chat-binh", "what is it?");
    until("help", || !desk.paper.replies.lock().unwrap().is_empty()).await;
    let replies = desk.paper.replies.lock().unwrap().clone();
    assert!(replies.iter().all(|(to, _)| to == "chat-binh"), "strangers get no answer: {replies:?}");
    running.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_and_what_cannot_be_paired_is_said() {
    let desk = Desk::new();
    let running = desk.start(8);
    for (officer, channel, expected) in [
        ("nobody", None, NotPaired::Officer("nobody".to_owned())),
        ("an", Some("fax"), NotPaired::Channel("fax".to_owned())),
    ] {
        let (answer, paired) = oneshot::channel();
        let officer = OfficerId::new(officer).unwrap();
        let channel = channel.map(|id| ChannelId::new(id).unwrap());
        running.orders.send(Order::Pair { officer, channel, answer }).await.unwrap();
        assert_eq!(paired.await.unwrap(), Err(expected));
    }
    running.end().await;
}
