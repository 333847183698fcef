using Sallyport.Gateway.Protocols.Postgres.Engine;
using Sallyport.Gateway.Protocols.Postgres.Sql;
using Sallyport.Unit.Support;

namespace Sallyport.Unit.Gateway.Protocols.Postgres.Engine;

public sealed class HaltGuardTests
{
    private static readonly StatementForm Query = new StatementForm.Analysed();
    private readonly ManualTime _time = new();

    private HaltGuard Guard(bool applies = true) => new(applies, TimeSpan.FromSeconds(2), _time);

    [Fact]
    public void What_follows_a_refused_statement_is_blocked_and_each_blocked_one_renews_the_halt()
    {
        var guard = Guard();
        guard.Refused(1);
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1.5));
            Assert.True(guard.Blocks(2, Query, (byte)'I'));
        }
    }

    [Fact]
    public void A_pause_as_a_person_makes_ends_the_halt()
    {
        var guard = Guard();
        guard.Refused(1);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(guard.Blocks(2, Query, (byte)'I'));
        Assert.False(guard.Blocks(3, Query, (byte)'I'));
    }

    [Fact]
    public void The_same_command_again_ends_the_halt()
    {
        var guard = Guard();
        guard.Refused(1);
        Assert.False(guard.Blocks(1, Query, (byte)'I'));
        Assert.False(guard.Blocks(2, Query, (byte)'I'));
    }

    [Fact]
    public void Rollback_ends_the_halt_but_a_failed_transaction_alone_does_not()
    {
        var guard = Guard();
        guard.Refused(1);
        Assert.False(guard.Blocks(2, new StatementForm.Transaction(TransactionAction.Commit), (byte)'E'));
        Assert.True(guard.Blocks(3, Query, (byte)'I'));
        Assert.False(guard.Blocks(4, new StatementForm.Transaction(TransactionAction.Rollback), (byte)'I'));
        Assert.False(guard.Blocks(5, Query, (byte)'I'));
    }

    [Fact]
    public void Drivers_are_never_halted()
    {
        var guard = Guard(applies: false);
        guard.Refused(1);
        Assert.False(guard.Blocks(2, Query, (byte)'I'));
    }
}
