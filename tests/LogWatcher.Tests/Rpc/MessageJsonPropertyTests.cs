using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using LogWatcher.Protos.V1;
using LogWatcher.Rpc;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Rpc;

/// <summary>Random messages, and Google.Protobuf's own JSON as the judge.</summary>
public sealed class MessageJsonPropertyTests
{
    private const int Rounds = 300;

    private static readonly TypeRegistry AnyTypes = TypeRegistry.FromFiles(DurationReflection.Descriptor);
    private static readonly JsonParser TheirParser = new(JsonParser.Settings.Default.WithTypeRegistry(AnyTypes));
    private static readonly JsonFormatter TheirFormatter = new(JsonFormatter.Settings.Default.WithTypeRegistry(AnyTypes));

    [Fact]
    public void Scalars_hold() => Hold<Scalars>();

    [Fact]
    public void Optionals_hold() => Hold<Optionals>();

    [Fact]
    public void Lists_hold() => Hold<Lists>();

    [Fact]
    public void Maps_hold() => Hold<Maps>();

    [Fact]
    public void Choices_hold() => Hold<Choice>();

    [Fact]
    public void Trees_hold() => Hold<Tree>();

    [Fact]
    public void Names_hold() => Hold<Names>();

    [Fact]
    public void Well_known_types_hold() => Hold<WellKnown>();

    [Fact]
    public void Wrappers_hold() => Hold<Wrappers>();

    [Fact]
    public void The_nodes_own_messages_hold()
    {
        Hold<ChatText>();
        Hold<LogEntry>();
        Hold<WatchLogsRequest>();
    }

    [Fact]
    public void Minus_zero_is_kept()
    {
        var message = new Scalars { ADouble = -0.0, AFloat = -0.0f };
        MessageJson<Scalars>.Instance.Parse(Encoding.UTF8.GetBytes(Write(message))).Should().Be(message);
    }

    private static void Hold<T>()
        where T : class, IMessage<T>, new()
    {
        var firstSeed = Environment.TickCount;
        for (var round = 0; round < Rounds; round++)
        {
            var seed = unchecked(firstSeed + round);
            var message = new RandomMessage(seed).Next<T>();
            var ours = Write(message);
            MessageJson<T>.Instance.Parse(Encoding.UTF8.GetBytes(ours)).Equals(message).Should().BeTrue($"we read what we write (seed {seed}): {ours}");
            TheirParser.Parse<T>(ours).Equals(message).Should().BeTrue($"they read what we write (seed {seed}): {ours}");
            var theirs = TheirFormatter.Format(message);
            MessageJson<T>.Instance.Parse(Encoding.UTF8.GetBytes(theirs)).Equals(message).Should().BeTrue($"we read what they write (seed {seed}): {theirs}");
        }
    }

    private static string Write<T>(T message)
        where T : class, IMessage<T>, new()
    {
        var output = new JsonOutput();
        MessageJson<T>.Instance.Write(output, message);
        return Encoding.UTF8.GetString(output.Written);
    }
}
