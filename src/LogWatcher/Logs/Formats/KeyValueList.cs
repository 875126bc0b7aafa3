namespace LogWatcher.Logs.Formats;

/// <summary>
/// The lists of OpenTelemetry's JSON (opentelemetry-proto, common.proto, KeyValue and AnyValue):
/// <c>[{"key":"a","value":{"stringValue":"x"}}]</c>. Each of its entries is a field by its key, a list within it one with both
/// keys; what is an array is its JSON text.
/// </summary>
internal static class KeyValueList
{
    /// <summary>Reads the list whose bracket comes next into fields of the view; false, and some of it read, if it is none.</summary>
    public static bool TryRead(ref JsonScanner scanner, EntryView view, ByteRange prefix, int depth)
    {
        if (depth >= JsonFormat.MaxDepth || !scanner.TryTake((byte)'['))
        {
            return false;
        }

        scanner.SkipSpace();
        if (scanner.TryTake((byte)']'))
        {
            return true;
        }

        do
        {
            scanner.SkipSpace();
            if (!TryReadPair(ref scanner, view, prefix, depth))
            {
                return false;
            }

            scanner.SkipSpace();
        }
        while (scanner.TryTake((byte)','));
        return scanner.TryTake((byte)']');
    }

    private static bool TryReadPair(ref JsonScanner scanner, EntryView view, ByteRange prefix, int depth)
    {
        // The key stands first: so the fields of the message are numbered, and so everyone writes them.
        if (!scanner.TryTake((byte)'{') || !TryReadName(ref scanner, view, "key"u8) || !scanner.Is((byte)'"')
            || !scanner.TryReadString(out var key))
        {
            return false;
        }

        var name = view.Join(prefix, key);
        scanner.SkipSpace();
        if (!scanner.TryTake((byte)','))
        {
            view.AddField(name, default);
            return scanner.TryTake((byte)'}');
        }

        if (!TryReadName(ref scanner, view, "value"u8) || !TryReadAny(ref scanner, view, name, depth))
        {
            return false;
        }

        scanner.SkipSpace();
        return scanner.TryTake((byte)'}');
    }

    /// <summary>An AnyValue: an object with one key, the kind of value, or with none.</summary>
    private static bool TryReadAny(ref JsonScanner scanner, EntryView view, ByteRange name, int depth)
    {
        if (!scanner.TryTake((byte)'{'))
        {
            return false;
        }

        scanner.SkipSpace();
        if (scanner.TryTake((byte)'}'))
        {
            view.AddField(name, default);
            return true;
        }

        if (!TryReadName(ref scanner, out var kind))
        {
            return false;
        }

        var isRead = view.Get(kind) switch
        {
            var value when value.SequenceEqual("kvlistValue"u8) => TryReadValues(ref scanner, view, name, isList: true, depth),
            var value when value.SequenceEqual("arrayValue"u8) => TryReadValues(ref scanner, view, name, isList: false, depth),
            var value when value.EndsWith("Value"u8) => TryReadScalar(ref scanner, view, name),
            _ => false,
        };
        scanner.SkipSpace();
        return isRead && scanner.TryTake((byte)'}');
    }

    private static bool TryReadScalar(ref JsonScanner scanner, EntryView view, ByteRange name)
    {
        var start = scanner.At;
        if (scanner.Is((byte)'"'))
        {
            if (!scanner.TryReadString(out var text))
            {
                return false;
            }

            view.AddField(name, text);
            return true;
        }

        if (scanner.Next is (byte)'{' or (byte)'[' || !scanner.TrySkipValue())
        {
            return false;
        }

        view.AddField(name, new ByteRange(start, scanner.At - start), isText: false);
        return true;
    }

    /// <summary>What a list or an array holds is the <c>values</c> of one more object, or that object is empty.</summary>
    private static bool TryReadValues(ref JsonScanner scanner, EntryView view, ByteRange name, bool isList, int depth)
    {
        if (!scanner.TryTake((byte)'{'))
        {
            return false;
        }

        scanner.SkipSpace();
        if (scanner.TryTake((byte)'}'))
        {
            view.AddField(name, default);
            return true;
        }

        if (!TryReadName(ref scanner, view, "values"u8) || !scanner.Is((byte)'['))
        {
            return false;
        }

        var start = scanner.At;
        if (!(isList ? TryRead(ref scanner, view, name, depth + 1) : scanner.TrySkipNested()))
        {
            return false;
        }

        if (!isList)
        {
            view.AddField(name, new ByteRange(start, scanner.At - start), isText: false);
        }

        scanner.SkipSpace();
        return scanner.TryTake((byte)'}');
    }

    private static bool TryReadName(ref JsonScanner scanner, EntryView view, ReadOnlySpan<byte> expected) =>
        TryReadName(ref scanner, out var name) && view.Get(name).SequenceEqual(expected);

    private static bool TryReadName(ref JsonScanner scanner, out ByteRange name)
    {
        name = default;
        scanner.SkipSpace();
        if (!scanner.Is((byte)'"') || !scanner.TryReadString(out name))
        {
            return false;
        }

        scanner.SkipSpace();
        if (!scanner.TryTake((byte)':'))
        {
            return false;
        }

        scanner.SkipSpace();
        return true;
    }
}
