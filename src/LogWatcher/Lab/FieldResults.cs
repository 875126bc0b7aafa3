using System.Globalization;
using LogWatcher.Rpc;

namespace LogWatcher.Lab;

/// <summary>
/// Seed 002's 'Final Result': a message's values by the numbers of their fields, in the order in which these first come; a message
/// and a group are again such a result. The seed's dictionary keeps the last of several values; here a number that comes more than
/// once, or is known to be repeated, has an array of them all.
/// </summary>
internal sealed class FieldResults
{
    private readonly OrderedDictionary<int, List<object>> _values = [];
    private readonly HashSet<int> _lists = [];

    public static FieldResults Of(List<WireRecord> records)
    {
        var open = new Stack<FieldResults>([new FieldResults()]);
        foreach (var record in records)
        {
            switch (record.WireType)
            {
                case WireType.SGroup:
                    var group = new FieldResults();
                    open.Peek().Add(record.FieldNumber, group);
                    open.Push(group);
                    break;
                case WireType.EGroup:
                    open.Pop();
                    break;
                default:
                    open.Peek().Add(record);
                    break;
            }
        }

        return open.Pop();
    }

    public void Write(JsonOutput output)
    {
        output.WriteByte((byte)'{');
        var isFirst = true;
        foreach (var (number, values) in _values)
        {
            output.WriteRaw(isFirst ? ""u8 : ", "u8);
            isFirst = false;
            output.WriteString(number.ToString(CultureInfo.InvariantCulture));
            output.WriteRaw(": "u8);
            if (values.Count == 1 && !_lists.Contains(number))
            {
                Write(output, values[0]);
            }
            else
            {
                WriteList(output, values);
            }
        }

        output.WriteByte((byte)'}');
    }

    private static void WriteList(JsonOutput output, List<object> values)
    {
        output.WriteByte((byte)'[');
        for (var index = 0; index < values.Count; index++)
        {
            output.WriteRaw(index == 0 ? ""u8 : ", "u8);
            Write(output, values[index]);
        }

        output.WriteByte((byte)']');
    }

    private static void Write(JsonOutput output, object value)
    {
        if (value is FieldResults results)
        {
            results.Write(output);
        }
        else
        {
            ScalarJson.WriteWithFraction(output, value);
        }
    }

    private void Add(WireRecord record)
    {
        if (record.Field is { HoldsSeveral: true })
        {
            _lists.Add(record.FieldNumber);
        }

        switch (record.Payload)
        {
            case List<object> packed: ValuesOf(record.FieldNumber).AddRange(packed); break;
            case List<WireRecord> records: Add(record.FieldNumber, Of(records)); break;
            default: Add(record.FieldNumber, record.Payload!); break;
        }
    }

    private void Add(int number, object value) => ValuesOf(number).Add(value);

    private List<object> ValuesOf(int number)
    {
        if (!_values.TryGetValue(number, out var values))
        {
            _values.Add(number, values = []);
        }

        return values;
    }
}
