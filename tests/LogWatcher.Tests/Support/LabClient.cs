using System.Text;
using System.Text.Json;
using LogWatcher.Lab;
using LogWatcher.Rpc;

namespace LogWatcher.Tests.Support;

/// <summary>The lab's codec for one client, without a node around it: for what is done thousands of times.</summary>
internal sealed class LabClient
{
    private readonly ClientSchemas _schemas = new();

    public MessageSchema Define(string schema)
    {
        var reader = new JsonInput(Encoding.UTF8.GetBytes(schema));
        var message = SchemaReader.Read(ref reader);
        _schemas.Define(message, schema.Length);
        return message;
    }

    public byte[] Encode(string message, string data)
    {
        var reader = new JsonInput(Encoding.UTF8.GetBytes(data));
        var writer = new WireWriter();
        MessageEncoder.Write(writer, new DataReader(_schemas).Read(ref reader, _schemas.Require(message)));
        return writer.Written.ToArray();
    }

    public List<WireRecord> Decode(byte[] bytes, string? message = null) =>
        new MessageDecoder(_schemas).Decode(bytes, message is null ? null : _schemas.Require(message));

    /// <summary>What a decoded message is as JSON.</summary>
    public string DataOf(byte[] bytes, string message)
    {
        var output = new JsonOutput();
        DataWriter.Write(output, new RecordMerger(_schemas).Merge(_schemas.Require(message), Decode(bytes, message)));
        return Encoding.UTF8.GetString(output.Written);
    }

    public static string RecordsOf(List<WireRecord> records)
    {
        var output = new JsonOutput();
        RecordWriter.Write(output, records);
        return Encoding.UTF8.GetString(output.Written);
    }

    public static string ResultOf(List<WireRecord> records)
    {
        var output = new JsonOutput();
        FieldResults.Of(records).Write(output);
        return Encoding.UTF8.GetString(output.Written);
    }
}
