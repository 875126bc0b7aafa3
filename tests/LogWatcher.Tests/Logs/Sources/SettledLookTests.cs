using LogWatcher.Logs.Reading;
using LogWatcher.Logs.Sources;
using LogWatcher.Tests.Support;

namespace LogWatcher.Tests.Logs.Sources;

/// <summary>Looks at names that move in the middle of each look, as on a machine where some program rotates without a pause.</summary>
public sealed class SettledLookTests : IDisposable
{
    private const int Files = 12;

    private readonly TempFolder _folder = new();
    private int _first = 1;

    public SettledLookTests()
    {
        for (var number = 1; number <= Files; number++)
        {
            _folder.Write($"app.log.{number}", $"{number}");
        }
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Each file is seen once, and their numbers tell their order.</summary>
    [Fact]
    public void Names_that_move_in_each_look_are_seen_as_at_one_moment()
    {
        var found = SettledLook.At(UnfoldAndMove, IsOne);

        found.Select(file => file.Path).Should().BeInAscendingOrder(StringComparer.Ordinal);
        found.OrderBy(file => NumberOf(file.Path)).Select(file => file.Status.Identity).Should().Equal(Identities());
    }

    /// <summary>They move on while the system is asked what each of them is.</summary>
    [Fact]
    public void Names_may_move_on_behind_that_moment()
    {
        var found = SettledLook.At(UnfoldAndMove, path =>
        {
            // Asked between the list of the names and the look at the files.
            MoveUp();
            return IsOne(path);
        });

        found.OrderBy(file => NumberOf(file.Path)).Select(file => file.Status.Identity).Should().Equal(Identities());
    }

    [Fact]
    public void What_is_deleted_in_between_belongs_to_another_moment()
    {
        var isDeleted = false;
        var found = SettledLook.At(UnfoldAndMove, path =>
        {
            if (!isDeleted)
            {
                isDeleted = true;
                File.Delete(_folder[$"app.log.{_first + Files - 1}"]);
            }

            return IsOne(path);
        });

        found.OrderBy(file => NumberOf(file.Path)).Select(file => file.Status.Identity).Should().Equal(Identities());
    }

    [Fact]
    public void What_leads_elsewhere_is_seen_there()
    {
        File.CreateSymbolicLink(_folder["app.log.0"], _folder.Write("other", "o"));

        var found = SettledLook.At(UnfoldAndMove, IsOne);

        found.Should().HaveCount(Files + 1);
        found[0].Status.Length.Should().Be(1);
    }

    [Fact]
    public void A_file_is_opened_wherever_it_stands_by_now()
    {
        FileStatus.TryGet(_folder["app.log.3"], out var status);
        MoveUp();
        MoveUp();

        using var file = SettledLook.TryOpen(_folder["app.log.3"], status.Identity, source: null, out var isGone);
        (file?.Identity, file?.Path, file?.Source, isGone).Should().Be((status.Identity, _folder["app.log.5"], _folder["app.log.3"], false));
        File.Delete(_folder["app.log.5"]);
        SettledLook.TryOpen(_folder["app.log.3"], status.Identity, source: null, out isGone).Should().BeNull();
        isGone.Should().BeTrue();
    }

    /// <summary>By now another file stands where the compressed one stood, without the ending: that is not what it was made of.</summary>
    [Fact]
    public void A_compressed_file_that_has_moved_is_no_twin_of_what_came_in_its_place()
    {
        var compressed = _folder.Write("other.log.1.gz", "");
        FileStatus.TryGet(compressed, out var status);
        File.Move(compressed, _folder["other.log.2.gz"]);
        _folder.Write("other.log.1", "");

        SettledLook.WithoutTwins([(compressed, status)]).Should().ContainSingle();
    }

    private static int NumberOf(string path) => Rotation.NumberOf(path, path[..path.LastIndexOf('.')])!.Value;

    private bool IsOne(string path) => path.StartsWith(_folder["app.log."], StringComparison.Ordinal);

    /// <summary>The files in the order of their numbers.</summary>
    private IEnumerable<FileIdentity> Identities()
    {
        for (var number = _first; FileStatus.TryGet(_folder[$"app.log.{number}"], out var status); number++)
        {
            yield return status.Identity;
        }
    }

    private IEnumerable<string> UnfoldAndMove()
    {
        var names = Directory.GetFiles(_folder.Path, "app.log.*").Order(StringComparer.Ordinal).ToList();
        for (var index = 0; index < names.Count; index++)
        {
            if (index == names.Count / 2)
            {
                MoveUp();
            }

            yield return names[index];
        }
    }

    private void MoveUp()
    {
        for (var number = _first + Files; number >= _first; number--)
        {
            if (File.Exists(_folder[$"app.log.{number}"]))
            {
                File.Move(_folder[$"app.log.{number}"], _folder[$"app.log.{number + 1}"]);
            }
        }

        _first++;
    }
}
