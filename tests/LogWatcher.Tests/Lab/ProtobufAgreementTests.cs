using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using LogWatcher.Lab;
using LogWatcher.Rpc;
using LogWatcher.Tests.Protos;
using LogWatcher.Tests.Support;
using Xunit.Abstractions;

namespace LogWatcher.Tests.Lab;

/// <summary>
/// The lab against Google.Protobuf: random messages byte for byte both ways, and broken bytes, of which the lab takes no more than
/// Google.Protobuf and makes the same. A failure names its seed: LOGWATCHER_TEST_SEED reproduces it.
/// </summary>
public sealed class ProtobufAgreementTests
{
    private const int Messages = 1_000;
    private const int Mutations = 20;

    private readonly LabClient _lab = new();
    private readonly Random _random;

    public ProtobufAgreementTests(ITestOutputHelper output)
    {
        _random = Randomness.Create(output);
        foreach (var message in new MessageDescriptor[] { Everything.Descriptor, Inner.Descriptor })
        {
            _lab.Define(SchemaText.Of(message));
        }
    }

    [Fact]
    public void Random_messages_have_the_same_bytes_and_the_same_json()
    {
        for (var round = 0; round < Messages; round++)
        {
            var message = new RandomMessage(_random.Next()).Next<Everything>();
            var bytes = message.ToByteArray();
            var json = Json(message);

            Hex(_lab.Encode("Everything", json)).Should().Be(Hex(bytes), json);
            _lab.DataOf(bytes, "Everything").Should().Be(json);
        }
    }

    [Fact]
    public void What_is_taken_of_broken_bytes_is_what_protobuf_takes()
    {
        var taken = 0;
        var refused = 0;
        for (var round = 0; round < Messages; round++)
        {
            var bytes = new RandomMessage(_random.Next()).Next<Everything>().ToByteArray();
            for (var mutation = 0; mutation < Mutations; mutation++)
            {
                var broken = Mutated(bytes);
                if (DataOrNull(broken) is not { } data)
                {
                    refused++;
                    continue;
                }

                taken++;
                var theirs = Everything.Parser.ParseFrom(broken);
                Json(theirs).Should().Be(data, Hex(broken));
            }
        }

        taken.Should().BePositive();
        refused.Should().BePositive();
    }

    /// <summary>Null: the lab refuses the bytes, and names a place in them.</summary>
    private string? DataOrNull(byte[] bytes)
    {
        try
        {
            // Records and result of the same bytes, with a schema and without, must not fail where the data does not.
            var records = _lab.Decode(bytes, "Everything");
            (LabClient.RecordsOf(records) + LabClient.ResultOf(records)).Should().NotBeEmpty();
            return _lab.DataOf(bytes, "Everything");
        }
        catch (WireFormatException exception)
        {
            exception.Offset.Should().BeInRange(0, bytes.Length);
            return null;
        }
        finally
        {
            DecodeWithoutSchema(bytes);
        }
    }

    private void DecodeWithoutSchema(byte[] bytes)
    {
        try
        {
            var records = _lab.Decode(bytes);
            (LabClient.RecordsOf(records) + LabClient.ResultOf(records)).Should().NotBeEmpty();
        }
        catch (WireFormatException exception)
        {
            exception.Offset.Should().BeInRange(0, bytes.Length);
        }
    }

    private byte[] Mutated(byte[] bytes)
    {
        var mutated = new List<byte>(bytes);
        for (var count = _random.Next(1, 4); count > 0; count--)
        {
            var at = _random.Next(mutated.Count + 1);
            switch (_random.Next(5))
            {
                case 0 when at < mutated.Count: mutated[at] = (byte)_random.Next(256); break;
                case 1 when at < mutated.Count: mutated[at] ^= (byte)(1 << _random.Next(8)); break;
                case 2: mutated.RemoveRange(at, Math.Min(_random.Next(10), mutated.Count - at)); break;
                case 3: mutated.InsertRange(at, Enumerable.Range(0, _random.Next(12)).Select(_ => (byte)_random.Next(256))); break;
                default: mutated.InsertRange(at, mutated.GetRange(0, _random.Next(Math.Min(mutated.Count, 40) + 1))); break;
            }
        }

        return [.. mutated];
    }

    private static string Json(Everything message)
    {
        var output = new JsonOutput();
        MessageJson<Everything>.Instance.Write(output, message);
        return Encoding.UTF8.GetString(output.Written);
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
