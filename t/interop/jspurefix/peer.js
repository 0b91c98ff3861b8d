/*
 * peer.js: one jspurefix session over FIX.4.4, initiator or acceptor, for the
 * interoperability tests.
 *
 *	node peer.js SETTINGS LOG [SEED]
 *
 * SETTINGS is JSON: role, host, port, sender, target, heartBtInt. The log and
 * the commands on standard input are those of qfpeer.cpp, but for "offline":
 * jspurefix numbers nothing while it is not logged on. In its place a drop
 * comes with messages that were numbered and never reached the socket.
 *
 * What jspurefix 5.11 does otherwise than the standard, and what is done here
 * about it:
 *
 * - It keeps no copy of what it sent where its answer to a ResendRequest looks
 *   for it, and so fills every gap. An application is to answer itself
 *   (onResendRequest), as this one does.
 * - A resent message sets the next number of its store back to that of the copy,
 *   and a later connection uses numbers again. The store here keeps the highest.
 * - A message that is too high is delivered at once, those missing are delivered
 *   when they come, and again if they were asked for again. An application
 *   sorts that out by MsgSeqNum; test_jspurefix.py asks that each was delivered.
 * - A connection that ends while it waits for a resend is the end of the waiting:
 *   the numbers are not asked for again. So no drop while one is under way.
 * - An acceptor answers a Logon with 141=Y by one with 141=N, having reset. The
 *   field is set here.
 */
"use strict";
require("reflect-metadata");
const fs = require("fs");
const path = require("path");
const readline = require("readline");
const jsp = require("jspurefix");
const { AsciiSession, SessionLauncher, EmptyLogFactory } = jsp;

const BEAT_MS = 2;		/* between two bursts */
const LOST = 20;		/* messages that do not reach the socket */
const UNREAD_MS = 200;		/* what comes meanwhile is lost */
const SOH = 1;

const [settingsPath, logPath, seed = "1"] = process.argv.slice(2);
const settings = JSON.parse(fs.readFileSync(settingsPath, "utf8"));
const log = fs.openSync(logPath, "a");

function note(kind, text) {
	fs.writeSync(log, `${kind} ${text}\n`, null, "latin1");
}

function say(text) {
	process.stdout.write(text + "\n");
}

/* Numbers that outlive a connection, and copies for resends. */
class Store extends jsp.MemorySessionStore {
	constructor(id) {
		super(id);
		this.sent = new Map();	/* number -> type, body, time */
	}

	async setSenderSeqNum(value) {
		if (value > this.senderSeqNum)
			this.senderSeqNum = value;
	}

	async reset() {
		this.sent.clear();
		await super.reset();
	}
}

let store = null;
const stores = { create: (id) => store ?? (store = new Store(id)) };

/* What the commands ask for, over all connections. */
const wish = { next: 0, end: 0, pace: 10, sent: 0, dropIn: 0, drops: 0 };
const delivered = new Set();	/* since the last reset */
let deliveredBefore = 0;
let session = null;		/* the one that is logged on */
let reset = false;		/* the next Logon has 141=Y */
let dropping = false;

function order(i) {
	return ["D", {
		ClOrdID: `j${seed}-${i}`,
		HandlInst: "1",
		Instrument: { Symbol: `SYM${i % 97}` },
		Side: i % 4 ? "1" : "2",
		TransactTime: new Date(Date.UTC(2026, 0, 5, 9)),
		OrderQtyData: { OrderQty: 100 + (i * 7) % 900 },
		OrdType: "2",
		Price: 1 + i % 500 + i % 10 / 10,
		TimeInForce: "0",
		Text: "x".repeat(i % 41) + i
	}];
}

function report(i) {
	return ["8", {
		OrderID: `O${seed}-${i}`,
		ExecID: `E${seed}-${i}`,
		ExecType: "0",
		OrdStatus: "0",
		ClOrdID: `j${seed}-${i}`,
		Instrument: { Symbol: `SYM${i % 89}` },
		Side: "2",
		OrderQtyData: { OrderQty: 1000 },
		LeavesQty: 1000,
		CumQty: 0,
		AvgPx: 0,
		TransactTime: new Date(Date.UTC(2026, 0, 5, 9))
	}];
}

class Session extends AsciiSession {
	onLogon(view) {
		const asked = view.getTyped("ResetSeqNumFlag") === true;

		if (asked) {
			deliveredBefore += delivered.size;
			delivered.clear();
			if (this.acceptor)
				this.config.description.Logon =
				    { ResetSeqNumFlag: true };
		}
		return true;
	}

	onReady() {
		session = this;
		reset = false;
		this.config.description.ResetSeqNumFlag = false;
		say("logon");
	}

	onStopped() {
		if (session === this)
			session = null;
		say("logout");
	}

	onDecoded(type, text) {
		note("I", text);
	}

	onEncoded(type, text) {
		note("O", text);
	}

	onApplicationMsg(type, view) {
		const seq = view.getTyped("MsgSeqNum");
		const dup = view.getTyped("PossDupFlag") === true;

		note("D", `${seq} ${dup ? 1 : 0} ${type}`);
		delivered.add(seq);
		if (wish.dropIn > 0 && --wish.dropIn === 0)
			this.drop();
	}

	onResendRequest(view) {
		const begin = view.getTyped("BeginSeqNo");
		const last = this.transport.transmitter.msgSeqNum - 1;
		const end = view.getTyped("EndSeqNo") || last;
		let gap = 0;

		for (let n = begin; n <= Math.min(end, last); n++) {
			const m = store.sent.get(n);
			if (m === undefined) {
				gap = gap || n;
				continue;
			}
			this.fill(gap, n);
			gap = 0;
			this.send(m.type, { ...m.body,
			    StandardHeader: copyOf(n, m.time) });
		}
		this.fill(gap, Math.min(end, last) + 1);
	}

	/* Nothing of the application from this number to before that one. */
	fill(from, next) {
		if (from !== 0)
			this.send("4", { GapFillFlag: true, NewSeqNo: next,
			    StandardHeader: copyOf(from, new Date()) });
	}

	transmit(i) {
		const [type, body] = i % 2 ? report(i) : order(i);

		this.send(type, body, (err, result) => {
			if (err)
				throw err;
			const h = result.header;
			store.sent.set(h.MsgSeqNum,
			    { type, body, time: h.SendingTime });
			note("S", `${h.MsgSeqNum} ${i}`);
		});
		wish.sent++;
	}

	/* Close without a word, with some messages that are on their way, in both
	 * directions: it stops reading a while before. */
	drop() {
		const t = this.transport;

		t.duplex.readable.unpipe();
		t.transmitter.encodeStream.unpipe(t.duplex.writable);
		t.transmitter.encodeStream.resume();
		for (let i = 0; i < LOST && wish.next < wish.end; i++)
			this.transmit(wish.next++);
		dropping = true;
		setTimeout(() => {
			dropping = false;
			wish.drops++;
			if (reset)
				this.config.description.ResetSeqNumFlag = true;
			this.terminate(new Error("dropped"));
		}, UNREAD_MS);
	}
}

function copyOf(number, time) {
	return { PossDupFlag: true, MsgSeqNum: number, SendingTime: time };
}

class Launcher extends SessionLauncher {
	constructor(description) {
		const isInitiator = settings.role === "initiator";
		super(isInitiator ? description : null,
		    isInitiator ? null : description, new EmptyLogFactory());
	}

	makeFactory(config) {
		config.logDelimiter = SOH;
		config.sessionStoreFactory = stores;
		return { makeSession: (c) => new Session(c) };
	}
}

function turn() {
	for (let i = 0; i < wish.pace * BEAT_MS; i++) {
		if (session === null || dropping || wish.next >= wish.end)
			return;
		session.transmit(wish.next++);
	}
}

function count() {
	say(`count sent=${wish.sent} ` +
	    `delivered=${deliveredBefore + delivered.size} ` +
	    `drops=${wish.drops} next_out=${store?.senderSeqNum ?? 1} ` +
	    `next_in=${store?.targetSeqNum ?? 1} ` +
	    `on=${session === null ? 0 : 1}`);
}

const commands = {
	send: (from, n) => { wish.next = from; wish.end = from + n; },
	pace: (n) => { wish.pace = n; },
	offline: () => {},
	drop: () => session.drop(),
	dropat: (n) => { wish.dropIn = n; },
	reset: () => { reset = true; session.drop(); },
	logout: () => session.done(),
	count,
	quit: () => process.exit(0)
};

const launcher = new Launcher({
	application: {
		type: settings.role,
		name: "peer",
		resilient: true,
		reconnectSeconds: 1,
		recoveryAttemptSeconds: 1,
		backoffFailConnectSeconds: 1,
		connectTimeoutSeconds: 60,
		tcp: { host: settings.host, port: settings.port },
		protocol: "ascii",
		dictionary: "qf44"
	},
	BeginString: "FIX.4.4",
	SenderCompId: settings.sender,
	TargetCompID: settings.target,
	HeartBtInt: settings.heartBtInt,
	ResetSeqNumFlag: false
});

launcher.run().catch((e) => note("E", e.message));
setInterval(turn, BEAT_MS);
readline.createInterface({ input: process.stdin }).on("line", (line) => {
	const [what, a, b] = line.split(" ");

	if (commands[what] === undefined)
		say("error unknown command " + line);
	else
		commands[what](Number(a), Number(b));
}).on("close", () => process.exit(0));
say("ready");
