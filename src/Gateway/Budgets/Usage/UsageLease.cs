using System.Collections.Immutable;
using Sallyport.Gateway.Policy;

namespace Sallyport.Gateway.Budgets.Usage;

/// <summary>
/// What one execution may use before the shared counters are asked again: rows, cells and bytes are taken in pieces, and counted here in plain fields. Used by
/// one session.
/// </summary>
public sealed class UsageLease
{
    private const int RowsAtOnce = 1024;
    private const int CellsAtOnce = 4096;
    private const int BytesAtOnce = 1 << 20;

    private readonly ImmutableArray<(UsageBudget Budget, UsageAccount Account)> _accounts;
    private readonly bool _isApproved;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _takenAt;
    private long _rows;
    private long _cells;
    private long _bytes;
    private long _countedUntil;
    private bool _isOver;

    internal UsageLease(ImmutableArray<(UsageBudget Budget, UsageAccount Account)> accounts, bool isApproved, TimeProvider time)
    {
        _accounts = accounts;
        _isApproved = isApproved;
        _time = time;
        _takenAt = time.GetUtcNow();
        _countedUntil = time.GetTimestamp();
    }

    /// <summary>Whether a result with these many masked columns can reach a limit by what it holds.</summary>
    public bool LimitsResults(int maskedColumns) => _accounts.Any(a =>
        a.Budget.Limits.Rows is not null || a.Budget.Limits.Bytes is not null || (maskedColumns > 0 && a.Budget.Limits.PhiCells is not null));

    /// <summary>Takes one row.</summary>
    /// <returns>Whether it was covered; if not, nothing is taken and <see cref="RefillAsync"/> has to be asked.</returns>
    public bool Take(long bytes, long cells)
    {
        if (_rows < 1 || _cells < cells || _bytes < bytes)
        {
            return false;
        }

        _rows--;
        _cells -= cells;
        _bytes -= bytes;
        return true;
    }

    /// <summary>Asks the counters for more, enough for at least one row.</summary>
    /// <returns>What is used up; null when there is enough now.</returns>
    /// <exception cref="UsageStoreException">It cannot be counted.</exception>
    public async ValueTask<UsageStop?> RefillAsync(long bytes, long cells)
    {
        GiveBack();
        var least = new UsageTotals(Rows: 1, PhiCells: cells, Bytes: bytes);
        var piece = new UsageTotals(
            Rows: Piece(UsageMeasure.Rows, RowsAtOnce, 1), PhiCells: cells == 0 ? 0 : Piece(UsageMeasure.PhiCells, CellsAtOnce, cells), Bytes: Piece(UsageMeasure.Bytes, BytesAtOnce, bytes));

        // Another session may have taken meanwhile what the larger piece counted on.
        return await TakeAsync(piece) is null ? null : await TakeAsync(least);
    }

    /// <summary>Counts the time since the last call.</summary>
    /// <returns>The limit on time that is used up; null while there is some left.</returns>
    public UsageStop? Tick()
    {
        var passed = (long)_time.GetElapsedTime(_countedUntil).TotalMilliseconds;
        if (_isOver || passed <= 0)
        {
            return null;
        }

        _countedUntil = _time.GetTimestamp();
        UsageStop? found = null;
        foreach (var (budget, account) in _accounts)
        {
            account.Add(budget, new UsageTotals(Time: passed));
            if (budget.Limits.Time is not null && !SessionUsage.IsFree(budget, _isApproved) && account.Reached(budget) is { Measure: UsageMeasure.Time } stop)
            {
                found ??= stop;
            }
        }

        return found;
    }

    /// <summary>The execution is over: gives back what it did not use. Later calls do nothing.</summary>
    public void Settle()
    {
        if (!_isOver)
        {
            Tick();
            _isOver = true;
            GiveBack();
        }
    }

    private async ValueTask<UsageStop?> TakeAsync(UsageTotals piece)
    {
        for (var i = 0; i < _accounts.Length; i++)
        {
            var (budget, account) = _accounts[i];
            if (await account.TakeAsync(budget, piece, SessionUsage.IsFree(budget, _isApproved)) is { } stop)
            {
                foreach (var (_, taken) in _accounts.AsSpan()[..i])
                {
                    taken.GiveBack(piece, _takenAt);
                }

                return stop;
            }
        }

        (_rows, _cells, _bytes) = (piece.Rows, piece.PhiCells, piece.Bytes);
        return null;
    }

    private long Piece(UsageMeasure measure, long most, long least)
    {
        foreach (var (budget, account) in _accounts)
        {
            most = Math.Min(most, account.Piece(budget, measure, most));
        }

        return Math.Max(most, least);
    }

    private void GiveBack()
    {
        var left = new UsageTotals(Rows: _rows, PhiCells: _cells, Bytes: _bytes);
        (_rows, _cells, _bytes) = (0, 0, 0);
        if (left != default)
        {
            foreach (var (_, account) in _accounts)
            {
                account.GiveBack(left, _takenAt);
            }
        }
    }
}
