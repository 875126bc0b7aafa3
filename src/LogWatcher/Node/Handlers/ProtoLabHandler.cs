using System.Text;
using System.Text.Json;
using LogWatcher.Lab;
using LogWatcher.Rpc;

namespace LogWatcher.Node.Handlers;

/// <summary>
/// The protobuf lab (seed 002): <c>proto_define {schema}</c> → <c>proto_define_ok {message_name, field_count}</c>,
/// <c>proto_encode {message, data}</c> → <c>proto_encode_ok {encoded_hex, size_bytes, json_size_bytes}</c>, and
/// <c>proto_decode {encoded_hex, message?}</c> → <c>proto_decode_ok {records, result, data?}</c>. A client's schemas are its own.
/// Only a line that asks for the lab loads any of it.
/// </summary>
internal sealed class ProtoLabHandler(CallEnvironment environment) : ILineHandler
{
    private SchemaStore? _schemas;

    private SchemaStore Schemas => _schemas ??= new SchemaStore();

    public void Handle(in Envelope envelope)
    {
        try
        {
            var type = envelope.Utf8(EnvelopeKey.Type);
            if (type.SequenceEqual("proto_define"u8))
            {
                Define(envelope);
            }
            else if (type.SequenceEqual("proto_encode"u8))
            {
                Encode(envelope);
            }
            else
            {
                Decode(envelope);
            }
        }
        catch (WireFormatException exception)
        {
            throw new LineException(ErrorCode.MalformedRequest, $"body.encoded_hex: {exception.Message}");
        }
        catch (MessageFormatException exception)
        {
            throw new LineException(ErrorCode.MalformedRequest, exception.Message);
        }
        catch (UndefinedMessageException exception)
        {
            throw new LineException(ErrorCode.KeyDoesNotExist, exception.Message);
        }
        catch (SchemaLimitException exception)
        {
            throw new LineException(ErrorCode.PreconditionFailed, exception.Message);
        }
    }

    private void Define(in Envelope envelope)
    {
        envelope.Require(EnvelopeKey.Schema, JsonTokenType.StartObject, "an object");
        var text = envelope.Raw(EnvelopeKey.Schema);
        var schema = ReadSchema(text);
        Schemas.Define(ClientOf(envelope), schema, text.Length);
        if (envelope.MsgIdOrNull is not { } msgId)
        {
            return;
        }

        using var line = environment.Writer.Begin();
        ReplyHead.Write(line.Output, environment, envelope, "proto_define_ok"u8, msgId);
        line.Output.WriteRaw(", \"message_name\": "u8);
        line.Output.WriteString(schema.Name);
        line.Output.WriteRaw(", \"field_count\": "u8);
        line.Output.WriteNumber((long)schema.Fields.Count);
        line.Commit();
    }

    private void Encode(in Envelope envelope)
    {
        var schemas = Schemas.Of(ClientOf(envelope));
        var schema = schemas.Require(envelope.RequireString(EnvelopeKey.Message));

        // As in a call, data left out is the empty message.
        var data = envelope[EnvelopeKey.Data].IsGiven ? envelope.Raw(EnvelopeKey.Data) : "{}"u8;
        var bytes = new WireWriter();
        MessageEncoder.Write(bytes, ReadData(data, schemas, schema));
        if (envelope.MsgIdOrNull is not { } msgId)
        {
            return;
        }

        var jsonBytes = JsonBytesOf(data);
        using var line = environment.Writer.Begin();
        ReplyHead.Write(line.Output, environment, envelope, "proto_encode_ok"u8, msgId);
        line.Output.WriteRaw(", \"encoded_hex\": "u8);
        HexText.WriteJson(line.Output, bytes.Written);
        line.Output.WriteRaw(", \"size_bytes\": "u8);
        line.Output.WriteNumber((long)bytes.Written.Length);
        line.Output.WriteRaw(", \"json_size_bytes\": "u8);
        line.Output.WriteNumber((long)jsonBytes);
        line.Commit();
    }

    private void Decode(in Envelope envelope)
    {
        var schemas = Schemas.Of(ClientOf(envelope));
        var schema = envelope.OptionalString(EnvelopeKey.Message) is { } name ? schemas.Require(name) : null;
        var records = new MessageDecoder(schemas).Decode(HexText.Decode(envelope.RequireUtf8(EnvelopeKey.EncodedHex)), schema);
        if (envelope.MsgIdOrNull is not { } msgId)
        {
            return;
        }

        using var line = environment.Writer.Begin();
        ReplyHead.Write(line.Output, environment, envelope, "proto_decode_ok"u8, msgId);
        line.Output.WriteRaw(", \"records\": "u8);
        RecordWriter.Write(line.Output, records);
        line.Output.WriteRaw(", \"result\": "u8);
        FieldResults.Of(records).Write(line.Output);
        if (schema is not null)
        {
            line.Output.WriteRaw(", \"data\": "u8);
            DataWriter.Write(line.Output, new RecordMerger(schemas).Merge(schema, records));
        }

        line.Commit();
    }

    private static string ClientOf(in Envelope envelope) => Encoding.UTF8.GetString(envelope.Utf8(EnvelopeKey.Src));

    private static MessageSchema ReadSchema(ReadOnlySpan<byte> text)
    {
        try
        {
            var reader = new JsonInput(text);
            return SchemaReader.Read(ref reader);
        }
        catch (MessageFormatException exception) when (exception.Within("body.schema"))
        {
            throw;
        }
    }

    private static MessageValue ReadData(ReadOnlySpan<byte> data, ClientSchemas schemas, MessageSchema schema)
    {
        try
        {
            var reader = new JsonInput(data);
            return new DataReader(schemas).Read(ref reader, schema);
        }
        catch (MessageFormatException exception) when (exception.Within("body.data"))
        {
            throw;
        }
    }

    /// <summary>
    /// How long the data is as JSON in the form of Python's json.dumps, with which the seed compares: a space after each
    /// separating : and ,. Everything is counted as it was given. Text counts as the UTF-8 that goes over a wire, where json.dumps
    /// left to itself would write six bytes for each unit of UTF-16 that is not ASCII.
    /// </summary>
    private static int JsonBytesOf(ReadOnlySpan<byte> data)
    {
        var reader = new JsonInput(data);
        var json = new JsonOutput();
        JsonRespacer.Write(ref reader, json);
        return json.Length;
    }
}
