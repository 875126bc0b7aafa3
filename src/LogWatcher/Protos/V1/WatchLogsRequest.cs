using LogWatcher.Rpc;

namespace LogWatcher.Protos.V1;

/// <summary>Mostly the first message of a node's life.</summary>
public sealed partial class WatchLogsRequest : IListsFields<WatchLogsRequest>
{
    FieldJson<WatchLogsRequest>[] IListsFields<WatchLogsRequest>.Fields =>
    [
        Of<string, StringJson>("filter", m => m.Filter, (m, v) => m.Filter = v),
        Of<int, IntegerJson<int>>("limit", m => m.Limit, (m, v) => m.Limit = v),
        Of<bool, BooleanJson>("follow", m => m.Follow, (m, v) => m.Follow = v),
        Of<int, IntegerJson<int>>("tail", m => m.Tail, (m, v) => m.Tail = v),
        new RepeatedFieldJson<WatchLogsRequest, string, StringJson>("after", m => m.After),
        Of<string, StringJson>("since", m => m.Since, (m, v) => m.Since = v),
        Of<string, StringJson>("until", m => m.Until, (m, v) => m.Until = v),
        new RepeatedFieldJson<WatchLogsRequest, string, StringJson>("sources", m => m.Sources),
        Of<int, IntegerJson<int>>("window_ms", m => m.WindowMs, (m, v) => m.WindowMs = v),
    ];

    private static SingularFieldJson<WatchLogsRequest, TValue, TJson> Of<TValue, TJson>(
        string name, Func<WatchLogsRequest, TValue> get, Action<WatchLogsRequest, TValue> set)
        where TJson : struct, IValueJson<TValue> => new(name, get, set);
}
