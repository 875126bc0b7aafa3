using System.Runtime.CompilerServices;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// Lines that are one JSON object each (RFC 8259): nested keys joined by <c>.</c>, arrays as their JSON text, strings
/// unescaped, what is null left out. A line that is no object from brace to brace is no JSON. The names of time, level and
/// message are <see cref="KnownNames"/>; beyond them there is CLEF (https://clef-json.org), whose template is rendered,
/// OpenTelemetry's lists of attributes, which are fields by their keys, and the lines of containers, whose content is the
/// message and is read again.
/// </summary>
internal ref struct JsonFormat
{
    /// <summary>Objects within each other: no log has so many, and each costs stack.</summary>
    public const int MaxDepth = 64;

    /// <summary>What tokens are read with; whoever reads some by himself leaves it behind them.</summary>
    public JsonScanner Scanner;

    /// <summary>Finds time, level and message among the fields that are read.</summary>
    public FieldRoles Roles;

    private readonly EntryView _view;

    public JsonFormat(EntryView view, int start, TimeProvider clock)
    {
        _view = view;
        Scanner = new JsonScanner(view, start);
        Roles = new FieldRoles(view, clock);
    }

    /// <summary>Reads the line of a view; false, and the view as it was, if it is no JSON object.</summary>
    /// <param name="view">A line of which a part is left out is read as far as it goes.</param>
    /// <param name="start">Where the opening brace stands.</param>
    /// <param name="clock">For times without a year.</param>
    public static bool TryParse(EntryView view, int start, TimeProvider clock)
    {
        if (OtlpFormat.IsLikely(view.Line[start..]))
        {
            return OtlpFormat.TryParse(view, start, clock);
        }

        var json = new JsonFormat(view, start, clock);
        if (json.TryReadObject(default, 1))
        {
            json.Scanner.SkipSpace();
        }
        else if (!view.IsTruncated)
        {
            view.Reset();
            return false;
        }

        if (!json.Scanner.IsAtEnd)
        {
            view.Reset();
            return false;
        }

        json.Settle(start);
        return true;
    }

    /// <summary>Reads the object whose brace comes next; its keys have the prefix and a <c>.</c> before them.</summary>
    public bool TryReadObject(ByteRange prefix, int depth)
    {
        Scanner.At++;
        Scanner.SkipSpace();
        if (Scanner.TryTake((byte)'}'))
        {
            return true;
        }

        var recent = depth == 1 ? _view.RecentKeys : null;
        var number = 0;
        do
        {
            Scanner.SkipSpace();
            var hasName = recent is not null
                ? TryReadOuterName(recent, number++, out var name, out var known)
                : TryReadNestedName(prefix, out name, out known);
            if (!hasName || !(TryReadPlainText(name, known) || TryReadValue(name, known, depth)))
            {
                return false;
            }

            Scanner.SkipSpace();
        }
        while (Scanner.TryTake((byte)','));
        return Scanner.TryTake((byte)'}');
    }

    /// <summary>Reads a key, and gets over the colon behind it to its value.</summary>
    public bool TryReadName(out ByteRange name)
    {
        name = default;
        if (!Scanner.Is((byte)'"') || !Scanner.TryReadString(out name))
        {
            return false;
        }

        Scanner.SkipSpace();
        if (!Scanner.TryTake((byte)':'))
        {
            return false;
        }

        Scanner.SkipSpace();
        return true;
    }

    /// <summary>Reads a value of any kind: it is the field of that name, or as an object several.</summary>
    public bool TryReadValue(ByteRange name, int depth) => TryReadValue(name, KnownNames.Find(_view.Get(name)), depth);

    /// <summary>
    /// Reads a key of an object that stands in no other, be it one of OTLP's records: mostly it is the same as in the object before.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReadOuterName(RecentKeys recent, int number, out ByteRange name, out KnownNames.Known known)
    {
        var start = Scanner.At;
        if (recent.TryMatch(number, Scanner.Rest, out var lengthBytes, out var nameLength, out known))
        {
            name = new ByteRange(start + 1, nameLength);
            Scanner.At = start + lengthBytes;
            Scanner.SkipSpace();
            return true;
        }

        if (!TryReadName(out name))
        {
            return false;
        }

        known = KnownNames.Find(_view.Get(name));
        if (name.Offset >= 0)
        {
            recent.Keep(number, _view.Line[start..], Scanner.At - start, name.Length, known);
        }

        return true;
    }

    /// <summary>Reads the commonest value of all, a string without escapes; false, and nothing read, for any other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryReadPlainText(ByteRange name, in KnownNames.Known known)
    {
        if (!Scanner.TryReadPlainString(out var value))
        {
            return false;
        }

        Roles.Add(name, known, value, isText: true);
        return true;
    }

    private bool TryReadNestedName(ByteRange prefix, out ByteRange name, out KnownNames.Known known)
    {
        known = default;
        if (!TryReadName(out name))
        {
            return false;
        }

        name = _view.Join(prefix, name);
        known = KnownNames.Find(_view.Get(name));
        return true;
    }

    private bool TryReadValue(ByteRange name, in KnownNames.Known known, int depth)
    {
        var start = Scanner.At;
        bool isRead;
        switch (Scanner.Next)
        {
            case (byte)'"':
                // A string that the line's bound cuts off is still worth having.
                var isWhole = Scanner.TryReadString(out var value);
                if (isWhole || (Scanner.IsAtEnd && _view.IsTruncated))
                {
                    Roles.Add(name, known, value, isText: true);
                }

                return isWhole;
            case (byte)'{':
                return depth < MaxDepth && TryReadObject(name, depth + 1);
            case (byte)'[':
                if (TryReadAttributes(name, depth))
                {
                    return true;
                }

                isRead = Scanner.TrySkipNested();
                break;
            case (byte)'n':
                return Scanner.TryTake("null"u8);
            case (byte)'t':
                isRead = Scanner.TryTake("true"u8);
                break;
            case (byte)'f':
                isRead = Scanner.TryTake("false"u8);
                break;
            default:
                isRead = Scanner.TrySkipNumber();
                break;
        }

        if (isRead)
        {
            Roles.Add(name, known, new ByteRange(start, Scanner.At - start), isText: false);
        }

        return isRead;
    }

    /// <summary>The names under which OpenTelemetry's JSON has its lists; false, and nothing read, for any other array.</summary>
    private bool TryReadAttributes(ByteRange name, int depth)
    {
        var prefix = default(ByteRange);
        var text = _view.Get(name);
        if (text.SequenceEqual("body.kvlistValue.values"u8))
        {
            prefix = _view.Keep("body"u8);
        }
        else if (!text.EndsWith("attributes"u8)
            || !(text.Length == "attributes"u8.Length
                || text.SequenceEqual("resource.attributes"u8)
                || text.SequenceEqual("scope.attributes"u8)))
        {
            return false;
        }

        var (start, count) = (Scanner.At, _view.FieldCount);
        if (KeyValueList.TryRead(ref Scanner, _view, prefix, depth))
        {
            return true;
        }

        Scanner.At = start;
        _view.RemoveFieldsFrom(count);
        return false;
    }

    private void Settle(int start)
    {
        Roles.Decide();
        if (Roles.IsMessage("@mt"u8) && MessageTemplate.TryRender(_view, Roles.Message, start, out var rendered))
        {
            Roles.SettleClef();
            Roles.Settle(rendered);
            return;
        }

        var isContainers = Roles.IsMessage("log"u8) && IsOutput(_view);
        Roles.SettleClef();
        Roles.Settle();
        if (isContainers)
        {
            _view.HoldContent();
        }
    }

    /// <summary>Docker's json-file driver calls it <c>stream</c>, its fluentd driver <c>source</c>.</summary>
    private static bool IsOutput(EntryView view) =>
        (view.TryGetField("stream"u8, out var stream) || view.TryGetField("source"u8, out stream))
        && (stream.SequenceEqual("stdout"u8) || stream.SequenceEqual("stderr"u8));
}
