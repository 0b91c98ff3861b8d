/*
 * qfpeer: one QuickFIX session, initiator or acceptor by its settings file, for
 * the interoperability tests. A program of its own because QuickFIX is C++.
 *
 *	qfpeer SETTINGS LOG [SEED]
 *
 * The file store of the settings keeps the numbers over restarts. LOG is
 * appended to, a line per thing that happened, written before the next turn of
 * the loop:
 *
 *	I message	bytes from the counterparty, as they came
 *	O message	bytes to the counterparty, as handed to the socket
 *	D seq dup type	a message was delivered to the application (dup: 43=Y)
 *	R		both numbers were set to 1 by command
 *	S seq index	our application message index was numbered seq
 *	E text		what QuickFIX says about the session
 *
 * Commands on standard input, one a line; replies and news on standard output:
 *
 *	send FROM COUNT	number and send application messages: even indices are
 *			orders, odd ones reports
 *	pace N		at most N messages a millisecond (default 50)
 *	offline 0|1	number messages also while not logged on (default 0)
 *	drop		close the connection without a word
 *	dropat N	the same after N more messages were delivered
 *	logon, logout	enable the session, or end it in order
 *	reset		drop, and log on with ResetSeqNumFlag(141)
 *	renumber	set both numbers to 1
 *	count		"count sent=N delivered=N drops=N next_out=N next_in=N
 *			on=0|1"
 *	quit
 *
 * All in one thread (QuickFIX is polled, not started): a connection cannot go
 * away under a message that is being sent.
 */
#include <quickfix/FileStore.h>
#include <quickfix/MessageStore.h>
#include <quickfix/Session.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SSLSocketAcceptor.h>
#include <quickfix/SSLSocketInitiator.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/SocketInitiator.h>

#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>
#include <string>

namespace
{

typedef std::chrono::steady_clock steady;

const int idle_ms = 1; /* QuickFIX's poll does not wait */
const std::chrono::milliseconds beat(1); /* between two bursts */
const int pace_default = 50;
const char transact_time[] = "20260105-09:00:00.000";

FILE *journal;
unsigned long noted; /* lines of it */

void
note(char kind, const std::string &text)
{
	fputc(kind, journal);
	fputc(' ', journal);
	fwrite(text.data(), 1, text.size(), journal);
	fputc('\n', journal);
	noted++;
}

void
say(const std::string &text)
{
	puts(text.c_str());
	fflush(stdout);
}

class Journal : public FIX::Log
{
public:
	void clear() {}
	void backup() {}
	void onIncoming(const std::string &msg) { note('I', msg); }
	void onOutgoing(const std::string &msg) { note('O', msg); }
	void onEvent(const std::string &text) { note('E', text); }
};

class JournalFactory : public FIX::LogFactory
{
public:
	FIX::Log *create() { return new Journal; }
	FIX::Log *create(const FIX::SessionID &) { return new Journal; }
	void destroy(FIX::Log *log) { delete log; }
};

class Peer : public FIX::Application
{
public:
	explicit Peer(unsigned seed) : m_seed(seed) {}

	void onCreate(const FIX::SessionID &id);
	void onLogon(const FIX::SessionID &);
	void onLogout(const FIX::SessionID &) { say("logout"); }
	void toAdmin(FIX::Message &, const FIX::SessionID &) {}
	void toApp(FIX::Message &, const FIX::SessionID &)
	    throw(FIX::DoNotSend);
	void fromAdmin(const FIX::Message &, const FIX::SessionID &)
	    throw(FIX::FieldNotFound, FIX::IncorrectDataFormat,
	        FIX::IncorrectTagValue, FIX::RejectLogon) {}
	void fromApp(const FIX::Message &, const FIX::SessionID &)
	    throw(FIX::FieldNotFound, FIX::IncorrectDataFormat,
	        FIX::IncorrectTagValue, FIX::UnsupportedMessageType);

	bool command(const std::string &line);
	void turn();

private:
	bool busy() const { return m_next < m_end; }
	FIX::Session *session() { return FIX::Session::lookupSession(m_id); }
	void order(FIX::Message &m, long index);
	void report(FIX::Message &m, long index);
	void count();

	FIX::SessionID m_id;
	unsigned m_seed;
	long m_next = 0, m_end = 0, m_sent = 0, m_delivered = 0;
	long m_drop_in = 0, m_drops = 0;
	bool m_drop = false, m_offline = false;
	bool m_old = false; /* FIX.4.0 or 4.1 */
	steady::time_point m_burst;
	int m_pace = pace_default;
};

void
Peer::onCreate(const FIX::SessionID &id)
{
	const std::string &begin = id.getBeginString().getValue();

	m_id = id;
	m_old = begin == "FIX.4.0" || begin == "FIX.4.1";
}

void
Peer::onLogon(const FIX::SessionID &)
{
	session()->setResetOnLogon(false);
	say("logon");
}

void
Peer::toApp(FIX::Message &m, const FIX::SessionID &) throw(FIX::DoNotSend)
{
	/* A resend passes here, too; it is no new message. */
	if (m.getHeader().isSetField(FIX::FIELD::PossDupFlag))
		return;
	note('S', m.getHeader().getField(FIX::FIELD::MsgSeqNum) + " " +
	    std::to_string(m_next));
}

void
Peer::fromApp(const FIX::Message &m, const FIX::SessionID &)
    throw(FIX::FieldNotFound, FIX::IncorrectDataFormat,
        FIX::IncorrectTagValue, FIX::UnsupportedMessageType)
{
	const FIX::Header &h = m.getHeader();
	bool dup = h.isSetField(FIX::FIELD::PossDupFlag) &&
	    h.getField(FIX::FIELD::PossDupFlag) == "Y";

	note('D', h.getField(FIX::FIELD::MsgSeqNum) + (dup ? " 1 " : " 0 ") +
	    h.getField(FIX::FIELD::MsgType));
	m_delivered++;
	if (m_drop_in > 0 && --m_drop_in == 0)
		m_drop = true;
}

/* The same seed and index give the same fields, but for the time. */
void
Peer::order(FIX::Message &m, long index)
{
	m.getHeader().setField(FIX::FIELD::MsgType, "D");
	m.setField(FIX::FIELD::ClOrdID,
	    "q" + std::to_string(m_seed) + "-" + std::to_string(index));
	m.setField(FIX::FIELD::HandlInst, "1");
	m.setField(FIX::FIELD::Symbol, "SYM" + std::to_string(index % 97));
	m.setField(FIX::FIELD::Side, index % 4 ? "1" : "2");
	if (!m_old)
		m.setField(FIX::FIELD::TransactTime, transact_time);
	m.setField(FIX::FIELD::OrderQty,
	    std::to_string(100 + (index * 7 + m_seed) % 900));
	m.setField(FIX::FIELD::OrdType, "2");
	m.setField(FIX::FIELD::Price,
	    std::to_string(1 + index % 500) + "." + std::to_string(index % 10));
	m.setField(FIX::FIELD::TimeInForce, "0");
	m.setField(FIX::FIELD::Text,
	    std::string(index % 41, 'x') + std::to_string(index));
}

void
Peer::report(FIX::Message &m, long index)
{
	std::string id =
	    "q" + std::to_string(m_seed) + "-" + std::to_string(index);
	const std::string &begin = m_id.getBeginString().getValue();

	m.getHeader().setField(FIX::FIELD::MsgType, "8");
	m.setField(FIX::FIELD::OrderID, "O" + id);
	/* It is a number in FIX.4.0. */
	m.setField(FIX::FIELD::ExecID,
	    begin == "FIX.4.0" ? std::to_string(index) : "E" + id);
	if (m_old || begin == "FIX.4.2")
		m.setField(FIX::FIELD::ExecTransType, "0");
	if (begin != "FIX.4.0") {
		m.setField(FIX::FIELD::ExecType, "0");
		m.setField(FIX::FIELD::LeavesQty, "1000");
	}
	if (m_old) {
		m.setField(FIX::FIELD::LastShares, "0");
		m.setField(FIX::FIELD::LastPx, "0");
	} else
		m.setField(FIX::FIELD::TransactTime, transact_time);
	m.setField(FIX::FIELD::OrdStatus, "0");
	m.setField(FIX::FIELD::ClOrdID, id);
	m.setField(FIX::FIELD::Symbol, "SYM" + std::to_string(index % 89));
	m.setField(FIX::FIELD::Side, "2");
	m.setField(FIX::FIELD::OrderQty, "1000");
	m.setField(FIX::FIELD::CumQty, "0");
	m.setField(FIX::FIELD::AvgPx, "0");
}

/* Send what is due, drop the connection if asked to. */
void
Peer::turn()
{
	bool due = steady::now() - m_burst >= beat;

	if (due)
		m_burst = steady::now();
	for (int i = 0; due && i < m_pace && busy(); i++, m_next++, m_sent++) {
		if (!m_offline && !session()->isLoggedOn())
			break;
		FIX::Message m;
		if (m_next % 2 == 0)
			order(m, m_next);
		else
			report(m, m_next);
		FIX::Session::sendToTarget(m, m_id);
	}
	if (m_drop) {
		m_drop = false;
		m_drops++;
		session()->disconnect();
	}
}

void
Peer::count()
{
	std::ostringstream out;

	out << "count sent=" << m_sent << " delivered=" << m_delivered
	    << " drops=" << m_drops << " next_out=" << session()->getExpectedSenderNum()
	    << " next_in=" << session()->getExpectedTargetNum()
	    << " on=" << session()->isLoggedOn();
	say(out.str());
}

/* False: quit. */
bool
Peer::command(const std::string &line)
{
	std::istringstream in(line);
	std::string what;
	long a = 0, b = 0;

	in >> what >> a >> b;
	if (what == "send") {
		m_next = a;
		m_end = a + b;
	} else if (what == "pace")
		m_pace = static_cast<int>(a);
	else if (what == "offline")
		m_offline = a != 0;
	else if (what == "drop")
		m_drop = true;
	else if (what == "dropat")
		m_drop_in = a;
	else if (what == "reset") {
		session()->setResetOnLogon(true);
		m_drop = true;
	} else if (what == "renumber") {
		session()->reset();
		note('R', "");
	} else if (what == "logon")
		session()->logon();
	else if (what == "logout")
		session()->logout();
	else if (what == "count")
		count();
	else if (what == "quit")
		return false;
	else
		say("error unknown command " + line);
	return true;
}

/* Do the commands that have come, or come within so many milliseconds; false:
 * quit, or the tester is gone. */
bool
commands(Peer &peer, int wait_ms)
{
	static std::string pending;
	struct pollfd p = { STDIN_FILENO, POLLIN, 0 };
	char chunk[4096];

	while (poll(&p, 1, wait_ms) > 0) {
		ssize_t n = read(STDIN_FILENO, chunk, sizeof(chunk));
		if (n <= 0)
			return false;
		pending.append(chunk, n);
		size_t end;
		while ((end = pending.find('\n')) != std::string::npos) {
			std::string line = pending.substr(0, end);
			pending.erase(0, end + 1);
			if (!peer.command(line))
				return false;
		}
	}
	return true;
}

template <class Engine>
void
run(Engine &engine, Peer &peer)
{
	unsigned long before;

	engine.poll(0.0);
	say("ready");
	before = noted;
	while (commands(peer, noted == before ? idle_ms : 0)) {
		before = noted;
		peer.turn();
		engine.poll(0.0);
		fflush(journal);
	}
	engine.stop(true);
	fflush(journal);
}

template <class Engine>
void
run_as(Peer &peer, FIX::FileStoreFactory &store,
    FIX::SessionSettings &settings, JournalFactory &log)
{
	Engine e(peer, store, settings, log);

	run(e, peer);
}

} /* namespace */

int
main(int argc, char **argv)
{
	if (argc < 3) {
		fprintf(stderr, "usage: qfpeer settings log [seed]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if ((journal = fopen(argv[2], "a")) == NULL) {
		perror(argv[2]);
		return 1;
	}
	try {
		FIX::SessionSettings settings(argv[1]);
		FIX::FileStoreFactory store(settings);
		JournalFactory log;
		Peer peer(argc > 3 ? strtoul(argv[3], NULL, 10) : 1);
		const FIX::SessionID id = *settings.getSessions().begin();

		/* QuickFIX has classes for TLS, where others have a setting. */
		const bool tls = settings.get(id).has("SocketUseSSL");

		if (settings.get(id).getString("ConnectionType") ==
		    "initiator") {
			if (tls)
				run_as<FIX::SSLSocketInitiator>(peer, store,
				    settings, log);
			else
				run_as<FIX::SocketInitiator>(peer, store,
				    settings, log);
		} else if (tls) {
			run_as<FIX::SSLSocketAcceptor>(peer, store, settings,
			    log);
		} else {
			run_as<FIX::SocketAcceptor>(peer, store, settings,
			    log);
		}
	} catch (std::exception &e) {
		fprintf(stderr, "qfpeer: %s\n", e.what());
		return 1;
	}
	return fclose(journal) == 0 ? 0 : 1;
}
