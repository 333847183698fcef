using Sallyport.Gateway.Policy;
using Sallyport.Gateway.Protocols.Postgres.Analysis;
using Sallyport.Gateway.Protocols.Postgres.Engine;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class SqlCursorsTests
{
    private readonly SqlCursors _cursors = new();

    private void Declare(string name, bool holds = false) => _cursors.Declared(new NamedQuery
    {
        Name = name,
        Meaning = new StatementAnalysis { Class = CommandClass.Read, Effects = Effects.None },
        Fields = [],
        IsHeld = holds,
    });

    private string Open(params string[] names) => string.Join(' ', names.Where(name => _cursors.Find(name) is not null));

    [Fact]
    public void A_cursor_ends_with_its_transaction_unless_it_is_held()
    {
        Declare("a");
        Declare("h", holds: true);
        _cursors.Committed();
        Assert.Equal("h", Open("a", "h"));
        _cursors.RolledBack();
        Assert.Equal("h", Open("a", "h"));
        _cursors.Closed("h");
        Assert.Equal("", Open("a", "h"));
    }

    [Fact]
    public void A_held_cursor_goes_with_the_transaction_that_declared_it_when_that_is_rolled_back()
    {
        Declare("h", holds: true);
        _cursors.RolledBack();
        Assert.Equal("", Open("h"));
    }

    [Fact]
    public void A_cursor_declared_after_a_savepoint_goes_with_rollback_to_it()
    {
        Declare("before");
        _cursors.Saved("s");
        Declare("inside");
        _cursors.Saved("t");
        Declare("deep", holds: true);
        _cursors.RolledBackTo("s");
        Assert.Equal("before", Open("before", "inside", "deep"));

        // The savepoint itself is still there.
        Declare("again");
        _cursors.RolledBackTo("s");
        Assert.Equal("before", Open("before", "again"));
    }

    [Fact]
    public void A_cursor_closed_after_a_savepoint_does_not_come_back()
    {
        Declare("c");
        _cursors.Saved("s");
        _cursors.Closed("c");
        _cursors.RolledBackTo("s");
        Assert.Equal("", Open("c"));
    }

    [Fact]
    public void Released_savepoints_hand_their_cursors_to_the_level_below()
    {
        _cursors.Saved("a");
        _cursors.Saved("b");
        Declare("c");
        _cursors.Released("b");
        _cursors.Released("b");
        Assert.Equal("c", Open("c"));
        _cursors.RolledBackTo("a");
        Assert.Equal("", Open("c"));
    }

    [Fact]
    public void Of_two_savepoints_with_one_name_the_later_counts()
    {
        _cursors.Saved("s");
        Declare("first");
        _cursors.Saved("s");
        Declare("second");
        _cursors.RolledBackTo("s");
        Assert.Equal("first", Open("first", "second"));
        _cursors.Released("s");
        _cursors.RolledBackTo("s");
        Assert.Equal("", Open("first", "second"));
    }

    [Fact]
    public void Savepoints_end_with_the_transaction()
    {
        _cursors.Saved("s");
        _cursors.Committed();
        Declare("c");
        _cursors.RolledBackTo("s");
        Assert.Equal("c", Open("c"));
    }

    [Fact]
    public void No_more_cursors_are_kept_than_the_limit()
    {
        for (var i = 0; i <= SqlCursors.Limit; i++)
        {
            Declare($"c{i}");
        }

        Assert.True(_cursors.IsFull);
        Assert.Equal("c0", Open("c0", $"c{SqlCursors.Limit}"));
        _cursors.AllClosed();
        Assert.False(_cursors.IsFull);
    }
}
