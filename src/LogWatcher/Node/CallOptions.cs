using System.Text;
using System.Text.Json;
using LogWatcher.Rpc;

namespace LogWatcher.Node;

/// <summary>What an opener may ask for: protocol.md's "Options on any opener".</summary>
/// <param name="Metadata">Null: none was given.</param>
/// <param name="TimeoutMs">The deadline, from when the line was read; null: none.</param>
/// <param name="Window">Flow control with so many messages of credit both ways; null: the pipe is the flow control.</param>
/// <param name="IsProto">Messages travel as base64 of gRPC's length-prefixed form, instead of as JSON.</param>
/// <param name="Compression">The encoding of both sides' messages, with <paramref name="IsProto"/>.</param>
internal sealed record CallOptions(Metadata? Metadata, int? TimeoutMs, int? Window, bool IsProto, MessageEncoding Compression)
{
    private static readonly CallOptions Default = new(null, null, null, false, MessageEncoding.Identity);

    /// <exception cref="LineException">12: an option that is none, naming it.</exception>
    /// <exception cref="RpcException">UNIMPLEMENTED: a compression that the node does not have.</exception>
    public static CallOptions Read(in Envelope envelope)
    {
        if (!envelope.HasAny(EnvelopeKey.Metadata, EnvelopeKey.TimeoutMs, EnvelopeKey.Window, EnvelopeKey.Encoding, EnvelopeKey.Compression))
        {
            return Default;
        }

        var isProto = envelope.OptionalString(EnvelopeKey.Encoding) switch
        {
            null or "json" => false,
            "proto" => true,
            _ => throw envelope.Wrong(EnvelopeKey.Encoding, "\"json\" or \"proto\""),
        };
        return new CallOptions(
            envelope[EnvelopeKey.Metadata].IsGiven ? ReadMetadata(envelope) : null,
            (int?)envelope.OptionalInteger(EnvelopeKey.TimeoutMs, 1, int.MaxValue),
            (int?)envelope.OptionalInteger(EnvelopeKey.Window, 1, int.MaxValue),
            isProto,
            ReadCompression(envelope, isProto));
    }

    private static MessageEncoding ReadCompression(in Envelope envelope, bool isProto)
    {
        if (envelope.OptionalString(EnvelopeKey.Compression) is not { } name)
        {
            return MessageEncoding.Identity;
        }

        if (!MessageEncodingNames.TryParse(name, out var encoding) || encoding == MessageEncoding.Deflate)
        {
            throw new RpcException(
                StatusCode.Unimplemented,
                $"unknown compression {Envelope.Quote(envelope.Raw(EnvelopeKey.Compression))}; there are: identity, gzip");
        }

        return isProto || encoding == MessageEncoding.Identity
            ? encoding
            : throw new LineException(ErrorCode.MalformedRequest, "body.compression goes with \"encoding\": \"proto\" only");
    }

    private static Metadata ReadMetadata(in Envelope envelope)
    {
        envelope.Require(EnvelopeKey.Metadata, JsonTokenType.StartObject, "an object of strings or arrays of strings");
        var metadata = new Metadata();
        var reader = new JsonInput(envelope.Raw(EnvelopeKey.Metadata));
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            if (!Metadata.IsKey(key))
            {
                throw Malformed(key, "keys are made of a-z, 0-9, _, - and .");
            }

            // Of a key given twice the last counts; several values of one key stand in an array.
            metadata.Remove(key);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartArray)
            {
                ReadValue(ref reader, key, metadata);
                continue;
            }

            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                ReadValue(ref reader, key, metadata);
            }
        }

        return metadata;
    }

    private static void ReadValue(ref JsonInput reader, string key, Metadata metadata)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw Malformed(key, "a value is a string or an array of strings");
        }

        if (!Metadata.IsBinary(key))
        {
            metadata.Add(key, reader.GetString()!);
        }
        else if (Base64Text.TryDecode(Encoding.UTF8.GetBytes(reader.GetString()!), out var bytes))
        {
            metadata.Add(key, bytes);
        }
        else
        {
            throw Malformed(key, "the value of a -bin key is base64");
        }
    }

    private static LineException Malformed(string key, string expected) =>
        new(ErrorCode.MalformedRequest, $"body.metadata, \"{(key.Length <= 40 ? key : key[..40] + "…")}\": {expected}");
}
