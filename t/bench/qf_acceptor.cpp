/*
 * qf_acceptor: QuickFIX as the acceptor to compare with; the application takes
 * every message and does nothing.
 *
 *	qf_acceptor SETTINGS memory|file|file+log
 */
#include <quickfix/FileLog.h>
#include <quickfix/FileStore.h>
#include <quickfix/MessageStore.h>
#include <quickfix/SessionSettings.h>
#include <quickfix/SocketAcceptor.h>

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

namespace
{

class Sink : public FIX::Application
{
public:
	void onCreate(const FIX::SessionID &) {}
	void onLogon(const FIX::SessionID &) {}
	void onLogout(const FIX::SessionID &) {}
	void toAdmin(FIX::Message &, const FIX::SessionID &) {}
	void toApp(FIX::Message &, const FIX::SessionID &)
	    throw(FIX::DoNotSend) {}
	void fromAdmin(const FIX::Message &, const FIX::SessionID &)
	    throw(FIX::FieldNotFound, FIX::IncorrectDataFormat,
	        FIX::IncorrectTagValue, FIX::RejectLogon) {}
	void fromApp(const FIX::Message &, const FIX::SessionID &)
	    throw(FIX::FieldNotFound, FIX::IncorrectDataFormat,
	        FIX::IncorrectTagValue, FIX::UnsupportedMessageType) {}
};

} /* namespace */

int
main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr,
		    "usage: qf_acceptor settings memory|file|file+log\n");
		return 2;
	}
	try {
		std::string mode = argv[2];
		FIX::SessionSettings settings(argv[1]);
		std::unique_ptr<FIX::MessageStoreFactory> store;
		std::unique_ptr<FIX::SocketAcceptor> acceptor;
		FIX::FileLogFactory log(settings);
		Sink sink;

		if (mode == "memory")
			store.reset(new FIX::MemoryStoreFactory);
		else
			store.reset(new FIX::FileStoreFactory(settings));
		if (mode == "file+log")
			acceptor.reset(new FIX::SocketAcceptor(sink, *store,
			    settings, log));
		else
			acceptor.reset(new FIX::SocketAcceptor(sink, *store,
			    settings));
		acceptor->start();
		puts("ready");
		fflush(stdout);
		for (;;)
			pause();
	} catch (std::exception &e) {
		fprintf(stderr, "qf_acceptor: %s\n", e.what());
	}
	return 1;
}
