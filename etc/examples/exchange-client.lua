-- The exchange's matching: each order is filled at its price. It remembers
-- nothing: the report is made of the order's row alone, so that a row that comes
-- again after a crash makes the same report, which is then not sent again.
process("STREAMER", "unix:/run/fixgate/exchange-streamer.sock")
process("GATEWAY", "unix:/run/fixgate/exchange.sock")
listen("unix:/run/fixgate/exchange-client.sock")

streamerClient("MATCHING") {
  dataSource = { "STREAMER", "NEW_ORDERS" },
  startAt = "beginning",
  eventHandlerBuffer = 500,
  onMessage {
    send("GATEWAY", "EVENT_FIX_SEND", function(order)
      return {
        SESSION = order.CONNECTION_NAME, MsgType = "ExecutionReport",
        OrderID = "O" .. order:sequence(), ExecID = "E" .. order:sequence(),
        ExecType = "TRADE", OrdStatus = "FILLED",
        ClOrdID = order.ClOrdID, Symbol = order.Symbol, Side = order.Side,
        OrderQty = order.OrderQty, Price = order.Price,
        LastQty = order.OrderQty, LastPx = order.Price,
        LeavesQty = 0, CumQty = order.OrderQty, AvgPx = order.Price,
        TransactTime = order.TransactTime,
      }
    end),
  },
}
