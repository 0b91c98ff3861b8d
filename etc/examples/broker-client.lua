-- What becomes of the broker's streams: an order is sent to the exchange, a fill
-- is entered in the book by a program.
process("STREAMER", "unix:/run/fixgate/broker-streamer.sock")
process("GATEWAY", "unix:/run/fixgate/broker.sock")
process("BOOK", "exec:python3 /etc/fixgate/book.py /var/lib/fixgate/book")
listen("unix:/run/fixgate/broker-client.sock")

streamerClient("ORDER_ROUTER") {
  dataSource = { "STREAMER", "ORDERS" },
  startAt = "beginning",
  eventHandlerBuffer = 500,
  onMessage {
    send("GATEWAY", "EVENT_FIX_SEND", function(order)
      return {
        SESSION = "EXCHANGE", MsgType = "NewOrderSingle",
        ClOrdID = order.ORDER_ID, HandlInst = "1",
        Symbol = order.SYMBOL, Side = order.SIDE, TransactTime = order.ENTERED,
        OrderQty = order.QUANTITY, OrdType = "LIMIT", Price = order.PRICE,
      }
    end, { age = 3600 }), -- who has waited for an hour does not want it any more
  },
}

streamerClient("BOOK_KEEPER") {
  dataSource = { "STREAMER", "FILLS" },
  startAt = "beginning",
  eventHandlerBuffer = 500,
  onMessage { send("BOOK", "FILL") },
}
