"""Is everything there once? From the wire, the stores and the book."""

from collections import Counter, defaultdict

import world as w




def application(rows, msg_type):
    return [r for r in rows if r["MSG_TYPE"] == msg_type]


def reconcile(world, orders):
    """Lines (what, figure, what is wrong with it or "")."""
    want = [w.order(i)["ORDER_ID"] for i in range(1, orders + 1)]
    lines = []

    def same(what, got):
        trouble = ""
        if got != want:
            lost = len(set(want) - set(got))
            more = Counter(got)
            twice = sum(1 for n in more.values() if n > 1)
            trouble = "%d lost, %d twice%s" % (
                lost, twice, "" if lost or twice else ", out of order")
        lines.append((what, len(got), trouble))

    def wire(what, messages, msg_type):
        """Each at most once without PossDupFlag, at least once in all, and
        always under the same number."""
        new, numbers, keys = Counter(), defaultdict(set), defaultdict(set)
        again = 0
        for m in messages:
            if m.type != msg_type:
                continue
            key = m[11]
            numbers[key].add(m.seq)
            keys[m.seq].add(key)
            if m.poss_dup:
                again += 1
            else:
                new[key] += 1
        faults = []
        for fault, n in (
                ("lost", len(set(want) - set(numbers))),
                ("twice without PossDupFlag",
                 sum(1 for n in new.values() if n > 1)),
                ("with two numbers",
                 sum(1 for n in numbers.values() if len(n) > 1)),
                ("numbers with two contents",
                 sum(1 for n in keys.values() if len(n) > 1))):
            if n:
                faults.append("%d %s" % (n, fault))
        lines.append((what, len(numbers), ", ".join(faults)))
        lines.append(("   of these came also, or only, as a resend", again, ""))

    same("orders entered (ORDERS_OUT of the broker)",
         [r["ORDER_ID"] for r in world.table("broker", "ORDERS_OUT")])
    same("orders sent (FIX_OUT of the broker)",
         [r["CL_ORD_ID"] for r in
          application(world.table("broker", "FIX_OUT"), "D")])
    wire("orders on the wire", world.tap.sent, "D")
    same("orders received (FIX_IN of the exchange)",
         [r["CL_ORD_ID"] for r in
          application(world.table("exchange", "FIX_IN"), "D")])
    same("fills sent (FIX_OUT of the exchange)",
         [r["CL_ORD_ID"] for r in
          application(world.table("exchange", "FIX_OUT"), "8")])
    wire("fills on the wire", world.tap.received, "8")
    same("fills received (FIX_IN of the broker)",
         [r["CL_ORD_ID"] for r in
          application(world.table("broker", "FIX_IN"), "8")])
    events, repeats = world.book()
    same("fills in the book", [e["details"]["ClOrdID"] for e in events])
    lines.append(("   events that came again, with their key", repeats, ""))
    return lines
