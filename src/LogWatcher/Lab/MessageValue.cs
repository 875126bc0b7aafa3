namespace LogWatcher.Lab;

/// <summary>
/// A message with values: a scalar's object, a <see cref="MessageValue"/>, a <see cref="List{T}"/> of either, or an
/// <see cref="OrderedDictionary{TKey, TValue}"/> of scalars to either.
/// </summary>
internal sealed class MessageValue(MessageSchema schema)
{
    /// <summary>
    /// How deep messages nest, the outermost, groups and a map's entries counted: a record of records is two levels of JSON, and an
    /// answer must not be deeper than the 64 that a line may have, or nobody could send it on.
    /// </summary>
    public const int MaxDepth = 30;

    // Only the fields that are set: a message of a thousand fields may be given as two braces, a million times.
    private SortedList<int, object>? _values;

    public MessageSchema Schema { get; } = schema;

    /// <summary>The fields that are set, in the order of their numbers.</summary>
    public IEnumerable<(FieldSchema Field, object Value)> Set => _values is null ? [] : _values.Select(pair => (Schema.Fields[pair.Key], pair.Value));

    /// <summary>The value of one of <see cref="MessageSchema.Fields"/>; null: it is not set.</summary>
    public object? this[int index]
    {
        get => _values?.GetValueOrDefault(index);
        set
        {
            if (value is null)
            {
                _values?.Remove(index);
            }
            else
            {
                (_values ??= [])[index] = value;
            }
        }
    }

    /// <summary>The list that a repeated field holds; made if it holds none.</summary>
    public List<object> ListAt(int index) => (List<object>)(this[index] ??= new List<object>());

    /// <summary>The entries that a map holds, in the order they were put in; made if it holds none.</summary>
    public OrderedDictionary<object, object> EntriesAt(int index) => (OrderedDictionary<object, object>)(this[index] ??= new OrderedDictionary<object, object>());
}
