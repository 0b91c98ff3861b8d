# t/gateway
