namespace LogWatcher.Cli;

/// <summary>What the program says about itself.</summary>
internal static class HelpText
{
    public const string Usage = "usage: logwatcher [--logs PATH]... [OPTION]..., logwatcher serve [OPTION]..., or logwatcher services; --help says more";

    public const string ServeUsage = "usage: logwatcher serve [--listen ADDRESS]... [--logs PATH]... [OPTION]...; --help says more";

    public const string Hint =
        """
        logwatcher reads one JSON object a line from stdin and answers on stdout; --help says more. Try these two lines:
        {"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}
        {"src":"c0","dest":"n1","body":{"type":"grpc_server_stream","msg_id":2,"service":"LogWatcher","method":"WatchLogs","request":{"filter":"ERROR"}}}
        """;

    public const string Help =
        Usage + "\n" +
        """

        A node in the style of Maelstrom: one JSON object a line on stdin, answers on stdout, gRPC's four kinds of call in
        between. Its main service is LogWatcher/WatchLogs, which watches logs and streams what matches.

          --logs PATH          watch a file, every file in a folder, or a glob (** allowed); may be given more than once.
                               Without it a small sample log is served.
          --watch-queue N      live entries that wait for a slow watch, 1 to 1000000 (default 10000; at most 64 MiB of lines);
                               then the oldest are dropped, and the next entry says how many
          --max-line-bytes N   the longest line that is read, 64 to 1073741824 (default 4194304)
          --max-calls N        live calls of one client, 1 to 1000000 (default 10000); ten times as many in all
          --grace SECONDS      what running calls get to finish in at SIGTERM or SIGINT, 0 to 86400 (default 5)
          --token TOKEN        every call needs the metadata "authorization": "Bearer TOKEN"
          --token-file FILE    the same, with the token out of a file, where no list of processes shows it
          --rate N             calls a second of one client, 1 to 1000000; over it a call ends RESOURCE_EXHAUSTED
          --workers N          handlers that run at once, 1 to 1000000; the others wait in order (default: any number)
          --collect-buffer N   entries that LogCollector keeps, 1 to 10000000 (default 100000)
          --collect-to FILE    append what is collected to a file, as JSON lines
          --files DIR          the folder that FileService serves; without it there is none
          --story FILE         what AssistantService/TellStory tells
          --pace X             simulated work takes an Xth of its time, 0.01 to 1000000 (default 10)
          --verbose            a line on stderr for each call when it ends, but for malformed ones
          --help, --version

        logwatcher serve       serves the same over gRPC; logwatcher serve --help says more
        logwatcher services    lists all services and methods, with a line that calls each

        First line:   {"src":"c0","dest":"n1","body":{"type":"init","msg_id":1,"node_id":"n1","node_ids":["n1"]}}
        Watch logs:   {"src":"c0","dest":"n1","body":{"type":"grpc_server_stream","msg_id":2,"service":"LogWatcher","method":"WatchLogs","request":{"filter":"level >= WARN disk","follow":true}}}
        Other calls:  grpc_call, grpc_client_stream_open/_send/_close, grpc_bidi_stream_open/_send/_close
        Control:      grpc_cancel, grpc_window_update, grpc_stream_state; echo
        Protobuf lab: proto_define, proto_encode, proto_decode

        Where a watch begins and ends: "tail":10 or "since":"15m" or "since":"2026-11-20T10:00:00Z"; "until"; "limit".
        Of which logs: "sources":["/var/log/app.log","**/*.err"]; without it, all of --logs.
        To go on where it ended: "after":[…], the latest "cursor" of each "source".
        "window_ms":500 holds live entries so long and sorts them by time.

        Filters:      ERROR            the level              disk "no space"     words and phrases in the line
                      level >= WARN    compared in order      status >= 500       fields, numbers, 250ms, 10KiB, times
                      msg : timeout    contains               msg ~ "conn.*(reset|refused)"   a regular expression
                      status in (500, 503)    has(user.id)    /conn.*reset/i   the same in the line, in any case
                      = > <   != !: !~ negated    a b: both    a or b    not a, -a    ( )

        Exit codes: 0 done, 1 could not start or write, 2 bad arguments, 130 and 143 at a second SIGINT or SIGTERM.
        """;

    public const string ServeHelp =
        ServeUsage + "\n" +
        """

        Serves the services of the node over gRPC (HTTP/2), with gRPC-Web (HTTP/1.1 and HTTP/2) on the same port, health and
        reflection. A line on stderr says where it listens.

          --listen ADDRESS       http://ADDRESS:PORT, https://ADDRESS:PORT or unix:/PATH; an IP address, localhost, or * for all;
                                 port 0 is one that is free; may be given more than once (default http://127.0.0.1:50051)
          --cert FILE            the certificate for https://, in PEM, with its chain
          --key FILE             its key, in PEM
          --insecure             listen where others can reach it without TLS
          --logs PATH            watch a file, every file in a folder, or a glob (** allowed); may be given more than once.
                                 Without it a small sample log is served.
          --watch-queue N        live entries that wait for a slow watch, 1 to 1000000 (default 10000; at most 64 MiB of lines)
          --max-streams N        calls at once on one connection, 1 to 1000000 (default 1000)
          --max-calls N          calls at once in all, 1 to 1000000 (default 100000); over it a call ends RESOURCE_EXHAUSTED
          --max-message-bytes N  the longest message, both ways, also decompressed, 1 to 1073741824 (default 4194304)
          --grace SECONDS        what running calls get to finish in at SIGTERM or SIGINT, 0 to 86400 (default 5)
          --token TOKEN          every call but those of health needs the metadata authorization: Bearer TOKEN
          --token-file FILE      the same, with the token out of a file, where no list of processes shows it
          --rate N               calls a second of one address, 1 to 1000000; over it a call ends RESOURCE_EXHAUSTED
          --workers N            handlers that run at once, 1 to 1000000; the others wait in order (default: any number)
          --cors ORIGIN          pages of this origin may call, e.g. https://example.org; * for all; may be given more than once
          --collect-buffer N     entries that LogCollector keeps, 1 to 10000000 (default 100000)
          --collect-to FILE      append what is collected to a file, as JSON lines
          --files DIR            the folder that FileService serves; without it there is none
          --story FILE           what AssistantService/TellStory tells
          --pace X               simulated work takes an Xth of its time, 0.01 to 1000000 (default 10)
          --verbose              a line on stderr for each call when it ends, but for malformed ones
          --help, --version

        Exit codes: 0 stopped, 1 could not start, 2 bad arguments, 130 and 143 at a second SIGINT or SIGTERM.
        """;
}
