-- The broker's streams: orders on their way out, and reports that came in.
process("BROKER", "unix:/run/fixgate/broker.sock")
listen("unix:/run/fixgate/broker-streamer.sock")

stream("ORDERS", "ORDERS_OUT") {
  batchSize = 500,
  fields = {
    "ORDER_ID", "SYMBOL", "SIDE", "QUANTITY", "PRICE",
    { "TIMESTAMP", as = "ENTERED", format = "yyyyMMdd-HH:mm:ss.SSS" },
  },
}

fixStream("FILLS", "ExecutionReport") {
  batchSize = 500,
  where = function(report) return report.ExecType == "F" end,
  fields = { "ClOrdID", "ExecID", "Symbol", "Side", "LastQty", "LastPx" },
}
