using System.Globalization;

namespace LogWatcher.Cli;

/// <summary>Arguments one by one: a name, and its value if it takes one. <c>--name value</c> and <c>--name=value</c> are the same.</summary>
internal sealed class ArgumentReader(IReadOnlyList<string> arguments)
{
    private int _next;
    private string? _value;

    /// <summary>The argument as it was written.</summary>
    public string Argument { get; private set; } = "";

    public string Name { get; private set; } = "";

    /// <summary>Goes on to the next argument, past the value of the last one.</summary>
    /// <returns>False: there is none.</returns>
    public bool Read()
    {
        if (_next >= arguments.Count)
        {
            return false;
        }

        Argument = arguments[_next++];
        var equals = Argument.StartsWith("--", StringComparison.Ordinal) ? Argument.IndexOf('=') : -1;
        Name = equals < 0 ? Argument : Argument[..equals];
        _value = equals < 0 ? null : Argument[(equals + 1)..];
        return true;
    }

    /// <summary>Always true.</summary>
    /// <exception cref="UsageException">It has a value.</exception>
    public bool Flag() => _value is null ? true : throw new UsageException($"{Name} takes no value");

    /// <exception cref="UsageException">There is none, or it is empty.</exception>
    public string Value()
    {
        _value ??= _next < arguments.Count ? arguments[_next++] : throw new UsageException($"{Name} needs a value");
        return _value.Length > 0 ? _value : throw new UsageException($"{Name} needs a value that is not empty");
    }

    /// <exception cref="UsageException">It is no integer within these.</exception>
    public int Integer(int min, int max) =>
        int.TryParse(Value(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw new UsageException($"{Name} must be an integer from {min} to {max}, not \"{_value}\"");

    /// <exception cref="UsageException">It is no number of seconds within these.</exception>
    public TimeSpan Seconds(int min, int max) => TimeSpan.FromSeconds(Decimal(min, max, "seconds"));

    /// <exception cref="UsageException">It is no number within these.</exception>
    public double Number(double min, double max) => Decimal(min, max, "a number");

    private double Decimal(double min, double max, string what) =>
        double.TryParse(Value(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
        && number >= min && number <= max
            ? number
            : throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"{Name} must be {what} from {min} to {max}, not \"{_value}\""));
}
