from bnstudio.gui.live_feed import HIDDEN_INTERVAL_MS, LIVE_INTERVAL_MS, QUIET_INTERVAL_MS, LiveFeed


class Newsroom:
    """Gives out what was put in, like a session; counts how often it was asked."""

    def __init__(self):
        self.news = []
        self.n_polls = 0

    def poll(self):
        self.n_polls += 1
        return self.news.pop() if self.news else None


def test_a_feed_hands_on_what_a_poll_brings(qtbot):
    newsroom = Newsroom()
    newsroom.news = ["snapshot"]
    feed = LiveFeed(newsroom)
    with qtbot.waitSignal(feed.snapshot_arrived) as arrived:
        feed.start()
    assert arrived.args == ["snapshot"]
    feed.stop()


def test_a_feed_asks_less_often_when_nothing_comes_and_more_often_when_woken(qtbot):
    feed = LiveFeed(Newsroom())
    feed.start()
    assert feed.interval_ms == LIVE_INTERVAL_MS
    qtbot.waitUntil(lambda: feed.interval_ms == QUIET_INTERVAL_MS)
    feed.wake()
    assert feed.interval_ms == LIVE_INTERVAL_MS
    feed.stop()


def test_news_bring_a_quiet_feed_back_to_its_full_rate(qtbot):
    newsroom = Newsroom()
    feed = LiveFeed(newsroom)
    feed.start()
    qtbot.waitUntil(lambda: feed.interval_ms == QUIET_INTERVAL_MS)
    newsroom.news = ["snapshot"]
    qtbot.waitUntil(lambda: feed.interval_ms == LIVE_INTERVAL_MS)
    feed.stop()


def test_a_hidden_feed_asks_seldom_even_when_woken(qtbot):
    feed = LiveFeed(Newsroom())
    feed.set_hidden(True)
    feed.wake()
    assert feed.interval_ms == HIDDEN_INTERVAL_MS
    feed.set_hidden(False)
    assert feed.interval_ms == LIVE_INTERVAL_MS


def test_a_stopped_feed_asks_no_more(qtbot):
    newsroom = Newsroom()
    feed = LiveFeed(newsroom)
    feed.start()
    qtbot.waitUntil(lambda: newsroom.n_polls > 0)
    feed.stop()
    n_polls = newsroom.n_polls
    qtbot.wait(2 * LIVE_INTERVAL_MS)
    assert newsroom.n_polls == n_polls
