using LogWatcher.Rpc;

namespace LogWatcher.Tests.Rpc;

/// <summary>The states of a stream: protocol.md, "Stream states".</summary>
public sealed class StreamStateTests
{
    private static readonly Dictionary<(StreamState, StreamEvent), StreamState?> Table = new()
    {
        [(StreamState.Open, StreamEvent.Message)] = StreamState.Open,
        [(StreamState.Open, StreamEvent.HalfClose)] = StreamState.HalfClosed,
        [(StreamState.Open, StreamEvent.End)] = StreamState.Closed,
        [(StreamState.HalfClosed, StreamEvent.Message)] = null,
        [(StreamState.HalfClosed, StreamEvent.HalfClose)] = null,
        [(StreamState.HalfClosed, StreamEvent.End)] = StreamState.Closed,
        [(StreamState.Closed, StreamEvent.Message)] = null,
        [(StreamState.Closed, StreamEvent.HalfClose)] = null,
        [(StreamState.Closed, StreamEvent.End)] = null,
    };

    [Fact]
    public void Every_event_in_every_state_leads_where_the_table_says()
    {
        var pairs = from state in Enum.GetValues<StreamState>() from happened in Enum.GetValues<StreamEvent>() select (state, happened);
        pairs.Should().BeEquivalentTo(Table.Keys, "the table must have them all");
        foreach (var ((state, happened), next) in Table)
        {
            StreamTransitions.Next(state, happened).Should().Be(next, "of {0} in {1}", happened, state);
        }
    }
}
