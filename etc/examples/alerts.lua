-- For fixgate-client(8): events of sessions that somebody should hear of, to a
-- program (page.sh here). It needs a stream of them, in streamer.lua:
--
--	process("GATEWAY", "unix:/run/fixgate/gateway.sock")
--	listen("unix:/run/fixgate/streamer.sock")
--	stream("EVENTS", "GATEWAY.SESSION_EVENT") { }

process("STREAMER", "unix:/run/fixgate/streamer.sock")
process("PAGER", "exec:/usr/local/lib/fixgate/page.sh")

-- What is in SESSION_EVENT, and worth a call.
local worth = {
	refused = true, -- a Logon was refused
	["gap-open"] = true, -- messages are missing
	fault = true, -- the counterparty breaks the session rules
	timeout = true, -- it says nothing any more
	["in-doubt"] = true, -- a reset that was not answered
	expired = true, -- messages waited too long for a logon
	reset = true, -- numbers begin anew
	["sequence-set"] = true,
	halted = true,
	resumed = true,
}

streamerClient("ALERTS") {
	dataSource = { "STREAMER", "EVENTS" },
	startAt = "live",
	eventHandlerBuffer = 1, -- one by one: a late one is not overtaken
	onMessage {
		where = function(e) return worth[e.EVENT] == true end,
		send("PAGER", "ALERT", function(e)
			return { SESSION = e.CONNECTION_NAME, EVENT = e.EVENT,
			    TEXT = e.TEXT }
		end),
	},
}
