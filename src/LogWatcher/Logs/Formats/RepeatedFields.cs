using System.Buffers;

namespace LogWatcher.Logs.Formats;

/// <summary>
/// Makes one field of those that have the same name, where each stands for another thing and none for the others: its values
/// stand one a line, one that follows on its like but once.
/// </summary>
internal static class RepeatedFields
{
    public static void Join(EntryView view)
    {
        var count = view.FieldCount;
        var indexes = ArrayPool<int>.Shared.Rent(count);
        var values = ArrayPool<ByteRange>.Shared.Rent(count);
        try
        {
            for (var index = 0; index < count; index++)
            {
                indexes[index] = index;
            }

            // Sorted by name, for there may be thousands; of the same name in their order.
            indexes.AsSpan(0, count).Sort((left, right) =>
            {
                var byName = view.FieldName(left).SequenceCompareTo(view.FieldName(right));
                return byName != 0 ? byName : left.CompareTo(right);
            });
            for (var first = 0; first < count;)
            {
                var end = first + 1;
                while (end < count && view.FieldName(indexes[end]).SequenceEqual(view.FieldName(indexes[first])))
                {
                    end++;
                }

                Join(view, indexes.AsSpan(first, end - first), values);
                first = end;
            }

            view.RemoveMarked(0);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(indexes);
            ArrayPool<ByteRange>.Shared.Return(values);
        }
    }

    private static void Join(EntryView view, ReadOnlySpan<int> indexes, Span<ByteRange> values)
    {
        values[0] = view.FieldValueRange(indexes[0]);
        var count = 1;
        foreach (var index in indexes[1..])
        {
            var value = view.FieldValueRange(index);
            if (!view.Get(value).SequenceEqual(view.Get(values[count - 1])))
            {
                values[count++] = value;
            }

            view.MarkRemoved(index);
        }

        if (count > 1)
        {
            view.SetFieldValue(indexes[0], view.JoinLines(values[..count]));
        }
    }
}
