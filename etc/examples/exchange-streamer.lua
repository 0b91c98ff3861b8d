-- The exchange's stream: the orders that its gateway received.
process("EXCHANGE", "unix:/run/fixgate/exchange.sock")
listen("unix:/run/fixgate/exchange-streamer.sock")

fixStream("NEW_ORDERS", "NewOrderSingle") {
  batchSize = 500,
  fields = { "CONNECTION_NAME", "ClOrdID", "Symbol", "Side", "OrderQty", "Price",
    "TransactTime" },
}
